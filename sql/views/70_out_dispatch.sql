-- What is read from outside: where published documents went, and which messages did not get there.

-- Grain: (document, recipient, channel).
CREATE VIEW out.dispatch AS
SELECT
    d.report_id,
    r.kind,
    r.scope,
    r.plan,
    r.cadence,
    r.audience,
    r.period,
    d.recipient,
    d.channel,
    d.address,
    d.message_id,
    d.files,
    d.recorded_at AS dispatched_at
FROM ops.dispatch AS d
INNER JOIN ops.report AS r ON d.report_id = r.report_id;

-- Grain: (message), with the last step of its last attempt. `begun` with nothing after it, and `unsure`, wait for a
-- person; `refused` for another address or a person.
CREATE VIEW out.mail AS
SELECT DISTINCT ON (mail)
    mail,
    attempt,
    step,
    address,
    message_id,
    said,
    settled_by,
    recorded_at
FROM ops.mail
ORDER BY mail, attempt DESC, mail_step_id DESC;
