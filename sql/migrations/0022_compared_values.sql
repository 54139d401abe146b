-- The digest of all values that a finding compared: what a sender says of it counts for exactly these, and no others.
ALTER TABLE ops.finding ADD COLUMN compared text NOT NULL DEFAULT '';
