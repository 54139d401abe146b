-- What Great Expectations said: of the workbooks of a chunk before they are loaded, of the views after.

-- One validation run. Workbooks of several scopes and periods are checked together: then both are '', and the
-- deliveries say what they are of. `judged_by` is the hash of catalogue and rules.
CREATE TABLE ops.validation_run (
    validation_run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL DEFAULT '',
    period text NOT NULL DEFAULT '',
    judged_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((scope = '') = (period = ''))
);
CREATE INDEX validation_run_of_period ON ops.validation_run (scope, period);

CREATE TABLE ops.validated_delivery (
    validation_run_id bigint NOT NULL REFERENCES ops.validation_run (validation_run_id),
    delivery_id integer NOT NULL REFERENCES ops.delivery (delivery_id),
    PRIMARY KEY (delivery_id, validation_run_id)
);

-- Grain: (run, suite). `outcomes`: per rule code {"evaluated": rows, "failed": rows, "failed_by_file": {delivery: n}}.
CREATE TABLE ops.validation (
    validation_run_id bigint NOT NULL REFERENCES ops.validation_run (validation_run_id),
    suite text NOT NULL,
    row_count integer NOT NULL,
    outcomes jsonb NOT NULL,
    PRIMARY KEY (validation_run_id, suite)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.validation_run
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.validated_delivery
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.validation
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
