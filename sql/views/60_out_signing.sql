-- What is read from outside: what was decided on each document, and what was published.

-- Grain: (document), a report or a correction. `decision` is the last one; empty while nobody has decided.
CREATE VIEW out.report_document AS
SELECT
    r.report_id,
    r.kind,
    r.corrects_report_id,
    r.scope,
    r.plan,
    r.cadence,
    r.period,
    r.snapshot_id,
    r.known_at,
    r.recorded_at AS drafted_at,
    s.decision,
    s.decided_by,
    s.decided_at,
    s.reason,
    p.folder,
    p.files,
    p.recorded_at AS published_at
FROM ops.report AS r
LEFT JOIN (
    SELECT DISTINCT ON (report_id) *
    FROM ops.sign_off
    ORDER BY report_id, sign_off_id DESC
) AS s ON r.report_id = s.report_id
LEFT JOIN ops.publication AS p ON r.report_id = p.report_id;
