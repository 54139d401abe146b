-- What becomes of a draft: who was asked, what was decided and by whom, what was published. And the correction of a
-- published report, which is a document of its own.

-- `corrects_report_id` is the report that was published first. `states` is the SHA-256 (in ops.content) of the facts
-- that hold once a correction is published; empty for a report, whose facts are a file of its own.
ALTER TABLE ops.report
ADD COLUMN kind text NOT NULL DEFAULT 'report' CHECK (kind IN ('report', 'correction')),
ADD COLUMN corrects_report_id integer REFERENCES ops.report (report_id),
ADD COLUMN states text NOT NULL DEFAULT '',
ADD CONSTRAINT report_correction_names_its_report CHECK (
    (kind = 'correction') = (corrects_report_id IS NOT NULL AND states <> '')
);

-- One row for each time that people are asked to decide on a draft. `run` is who asks: a run of Airflow.
CREATE TABLE ops.sign_off_question (
    question_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id integer NOT NULL REFERENCES ops.report (report_id),
    run text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX question_of_report ON ops.sign_off_question (report_id);

-- What a person decided on a draft. `files` are the SHA-256 of the draft's files as they were decided on.
CREATE TABLE ops.sign_off (
    sign_off_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id integer NOT NULL REFERENCES ops.report (report_id),
    decision text NOT NULL CHECK (decision IN ('approved', 'sent_back')),
    decided_by text NOT NULL CHECK (decided_by <> ''),
    decided_at timestamptz NOT NULL,
    reason text NOT NULL DEFAULT '',
    files jsonb NOT NULL,
    snapshot_id text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (decision = 'approved' OR reason <> '')
);
CREATE UNIQUE INDEX approved_once ON ops.sign_off (report_id) WHERE decision = 'approved';
CREATE INDEX sign_off_of_report ON ops.sign_off (report_id);

-- What was published: where (below the outbox), and the SHA-256 of each file as it was published.
CREATE TABLE ops.publication (
    report_id integer PRIMARY KEY REFERENCES ops.report (report_id),
    folder text NOT NULL UNIQUE,
    files jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.sign_off_question
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.sign_off
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.publication
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
