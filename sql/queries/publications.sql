-- What was published and by whom it was approved, oldest first. Grain: a published document.
SELECT
    r.report_id,
    r.kind,
    r.corrects_report_id,
    r.scope,
    r.plan,
    r.cadence,
    r.period,
    r.snapshot_id,
    s.decided_by,
    s.decided_at,
    p.folder,
    p.files,
    p.recorded_at
FROM ops.publication AS p
INNER JOIN ops.report AS r ON p.report_id = r.report_id
INNER JOIN ops.sign_off AS s ON p.report_id = s.report_id AND s.decision = 'approved'
WHERE (cast(:scope AS text) IS NULL OR r.scope = :scope)
ORDER BY p.recorded_at, p.report_id;
