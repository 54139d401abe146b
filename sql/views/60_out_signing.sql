-- What is read from outside: what was decided on each document, and what was published.

-- Grain: (document), a report or a correction. `decision` is the last one; empty while nobody has decided.
-- `number`, `signed_on`, `signer` are the registry's; `signed_copy` is the PDF that came back with its signatures.
CREATE VIEW out.report_document AS
SELECT
    r.report_id,
    r.kind,
    r.corrects_report_id,
    r.states,
    r.scope,
    r.plan,
    r.cadence,
    r.audience,
    r.period,
    r.snapshot_id,
    r.known_at,
    r.files AS drafted_files,
    r.recorded_at AS drafted_at,
    s.decision,
    s.decided_by,
    s.decided_at,
    s.reason,
    p.folder,
    p.files,
    p.recorded_at AS published_at,
    g.number,
    g.signed_on,
    g.authority,
    g.signer,
    c.name AS signed_copy,
    c.sha256 AS signed_copy_sha256
FROM ops.report AS r
LEFT JOIN (
    SELECT DISTINCT ON (report_id) *
    FROM ops.sign_off
    ORDER BY report_id, sign_off_id DESC
) AS s ON r.report_id = s.report_id
LEFT JOIN ops.publication AS p ON r.report_id = p.report_id
LEFT JOIN (
    SELECT DISTINCT ON (report_id) *
    FROM ops.registration
    ORDER BY report_id, registration_id DESC
) AS g ON r.report_id = g.report_id
LEFT JOIN (
    SELECT DISTINCT ON (report_id) *
    FROM ops.signed_copy
    ORDER BY report_id, signed_copy_id DESC
) AS c ON r.report_id = c.report_id;

-- Grain: (document) that was asked about and waits: nobody decided on it, and no newer draft replaced it.
CREATE VIEW out.open_question AS
SELECT
    d.report_id,
    min(q.question_id) AS asked
FROM ops.sign_off_question AS q
INNER JOIN out.report_document AS d ON q.report_id = d.report_id
WHERE
    d.decision IS NULL
    AND NOT EXISTS (
        SELECT FROM ops.report AS n
        WHERE
            n.scope = d.scope AND n.plan = d.plan AND n.cadence = d.cadence AND n.audience = d.audience
            AND n.period = d.period AND n.kind = d.kind AND n.report_id > d.report_id
    )
GROUP BY d.report_id;
