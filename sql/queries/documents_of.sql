-- A report's documents on record with what was decided and published, newest first: those of a report's key, one by
-- its number, or those with a file of a content, as drafted or as published.
SELECT
    r.report_id,
    r.kind,
    r.corrects_report_id,
    r.states,
    r.scope,
    r.plan,
    r.cadence,
    r.period,
    r.snapshot_id,
    r.known_at,
    r.files,
    coalesce(s.decision, '') AS decision,
    coalesce(s.decided_by, '') AS decided_by,
    s.decided_at,
    coalesce(s.reason, '') AS reason,
    coalesce(p.folder, '') AS folder,
    coalesce(p.files, '{}') AS published,
    g.number,
    g.signed_on,
    g.authority,
    g.signer,
    coalesce(c.name, '') AS signed_copy,
    coalesce(c.sha256, '') AS signed_copy_sha256
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
) AS c ON r.report_id = c.report_id
WHERE
    (cast(:report_id AS integer) IS NULL OR r.report_id = :report_id)
    AND (cast(:scope AS text) IS NULL OR r.scope = :scope)
    AND (cast(:plan AS text) IS NULL OR r.plan = :plan)
    AND (cast(:cadence AS text) IS NULL OR r.cadence = :cadence)
    AND (cast(:period AS text) IS NULL OR r.period = :period)
    AND (
        cast(:sha256 AS text) IS NULL
        OR EXISTS (SELECT 1 FROM jsonb_each_text(r.files) AS f (name, content_hash) WHERE f.content_hash = :sha256)
        OR EXISTS (SELECT 1 FROM ops.signed_copy AS o WHERE o.report_id = r.report_id AND o.sha256 = :sha256)
        OR EXISTS (SELECT 1 FROM jsonb_each_text(p.files) AS f (name, content_hash) WHERE f.content_hash = :sha256)
    )
ORDER BY r.report_id DESC;
