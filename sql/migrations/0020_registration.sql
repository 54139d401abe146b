-- What the registry and the signer gave a document: its number and date, who signs and as what. The last row counts:
-- the number may come later than the signer, with the signed PDF. `authority` is printed line by line.
CREATE TABLE ops.registration (
    registration_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id integer NOT NULL REFERENCES ops.report (report_id),
    scope text NOT NULL,
    symbol text NOT NULL,
    number integer CHECK (number > 0),
    signed_on date,
    authority jsonb NOT NULL,
    signer text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((number IS NULL) = (signed_on IS NULL))
);
CREATE INDEX registration_of_report ON ops.registration (report_id);
CREATE UNIQUE INDEX number_given_once ON ops.registration (scope, symbol, extract(YEAR FROM signed_on), number);

-- A published PDF as it came back with its digital signatures. `sha256` is of the whole file, `published_sha256` of the
-- published PDF that it begins with; `signatures` says who signed, for which office, and the time that each claims.
CREATE TABLE ops.signed_copy (
    signed_copy_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id integer NOT NULL REFERENCES ops.report (report_id),
    name text NOT NULL,
    sha256 text NOT NULL UNIQUE,
    published_sha256 text NOT NULL,
    signatures jsonb NOT NULL,
    attached_by text NOT NULL CHECK (attached_by <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX signed_copy_of_report ON ops.signed_copy (report_id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.registration
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.signed_copy
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

INSERT INTO ops.event_kind (kind) VALUES ('registered'), ('attached');
