-- What was published and by whom it was approved, oldest first. Grain: a published document.
SELECT
    r.report_id,
    r.kind,
    r.corrects_report_id,
    r.scope,
    r.plan,
    r.cadence,
    r.audience,
    r.period,
    r.snapshot_id,
    s.decided_by,
    s.decided_at,
    p.folder,
    p.files,
    p.recorded_at,
    g.number,
    g.signed_on,
    g.signer,
    coalesce(c.name, '') AS signed_copy,
    coalesce(c.sha256, '') AS signed_copy_sha256,
    coalesce(c.signatures, '[]') AS signatures
FROM ops.publication AS p
INNER JOIN ops.report AS r ON p.report_id = r.report_id
INNER JOIN ops.sign_off AS s ON p.report_id = s.report_id AND s.decision = 'approved'
LEFT JOIN (
    SELECT DISTINCT ON (report_id) *
    FROM ops.registration
    ORDER BY report_id, registration_id DESC
) AS g ON p.report_id = g.report_id
LEFT JOIN (
    SELECT DISTINCT ON (report_id) *
    FROM ops.signed_copy
    ORDER BY report_id, signed_copy_id DESC
) AS c ON p.report_id = c.report_id
WHERE (cast(:scope AS text) IS NULL OR r.scope = :scope)
ORDER BY p.recorded_at, p.report_id;
