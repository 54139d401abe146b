-- Reports on record, newest first: one by its number, those of a plan and period, or those with a file of a content.
SELECT
    r.report_id,
    r.scope,
    r.plan,
    r.cadence,
    r.audience,
    r.period,
    r.snapshot_id,
    r.known_at,
    r.files,
    r.templates,
    r.recorded_at
FROM ops.report AS r
WHERE
    r.kind = 'report'
    AND (cast(:report_id AS integer) IS NULL OR r.report_id = :report_id)
    AND (cast(:scope AS text) IS NULL OR r.scope = :scope)
    AND (cast(:plan AS text) IS NULL OR r.plan = :plan)
    AND (cast(:cadence AS text) IS NULL OR r.cadence = :cadence)
    AND (cast(:audience AS text) IS NULL OR r.audience = :audience)
    AND (cast(:period AS text) IS NULL OR r.period = :period)
    AND (
        cast(:sha256 AS text) IS NULL
        OR EXISTS (SELECT 1 FROM jsonb_each_text(r.files) AS f (name, content_hash) WHERE f.content_hash = :sha256)
    )
ORDER BY r.report_id DESC;
