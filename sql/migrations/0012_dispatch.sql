-- Where published documents went, and every attempt at a message.

-- One row for what has happened: a recipient's folder that is whole, a message that a mail server took over.
-- `recipient` is its id in catalog/contacts.yaml; `address` the folder below the outbox, or the e-mail address.
CREATE TABLE ops.dispatch (
    report_id integer NOT NULL REFERENCES ops.report (report_id),
    recipient text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('folder', 'mail')),
    address text NOT NULL,
    message_id text NOT NULL DEFAULT '',
    files jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (report_id, recipient, channel),
    CHECK ((channel = 'mail') = (message_id <> ''))
);

-- Every attempt at a message, step by step. `mail` names the message: report/<number>/<recipient>,
-- reminder/<unit>/<day>. `begun` is there before the mail server hears of it; what came of it follows: `sent`,
-- `not_sent` (may be tried again), `refused` (for good), `unsure` (nobody knows). Where nothing followed, nobody knows
-- either; then a person says `sent` or `not_sent`, with `settled_by`. `said` is what the server, or the person, said.
CREATE TABLE ops.mail (
    mail text NOT NULL,
    attempt smallint NOT NULL CHECK (attempt > 0),
    step text NOT NULL CHECK (step IN ('begun', 'sent', 'not_sent', 'refused', 'unsure')),
    address text NOT NULL,
    message_id text NOT NULL,
    said text NOT NULL DEFAULT '',
    settled_by text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    mail_step_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    UNIQUE (mail, attempt, step)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.dispatch
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.mail
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
