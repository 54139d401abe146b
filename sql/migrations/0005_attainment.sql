-- What was made of it: each computation of a scope's period against its plans, with the snapshot it saw.
-- A computation that gave what the one before gave points to that one's rows.

CREATE TABLE plan.attainment_run (
    run_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL,
    period text NOT NULL REFERENCES core.period (period),
    snapshot_id text NOT NULL,
    known_at timestamptz NOT NULL,
    content text NOT NULL,
    same_as integer REFERENCES plan.attainment_run (run_id),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX attainment_run_of_period ON plan.attainment_run (scope, period, run_id);

-- Grain: (run, plan, item, org unit); the row itself is kept as the shell prints it.
CREATE TABLE plan.attainment (
    run_id integer NOT NULL REFERENCES plan.attainment_run (run_id),
    position integer NOT NULL,
    plan text NOT NULL,
    item text NOT NULL,
    unit_code text NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (run_id, position)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON plan.attainment_run
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON plan.attainment
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
