-- Several reports on one plan and cadence, each with recipients of its own; empty where there is one.
ALTER TABLE ops.report ADD COLUMN audience text NOT NULL DEFAULT '';
