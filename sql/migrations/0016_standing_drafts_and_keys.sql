-- That a draft was compared with what was known at a moment and would be printed the same: it stands.
CREATE TABLE ops.report_check (
    report_check_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id integer NOT NULL REFERENCES ops.report (report_id),
    known_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX check_of_report ON ops.report_check (report_id);

-- The public keys of this installation, which its records of approval are signed with. `key_id` is the SHA-256 of the
-- raw key, `public_key` the key as PEM.
CREATE TABLE ops.signing_key (
    key_id text PRIMARY KEY,
    public_key text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.report_check
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.signing_key
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
