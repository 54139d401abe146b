-- The last computation from exactly one snapshot on one day's units: its series, and its rows in their order.
SELECT
    r.series,
    (
        SELECT jsonb_agg(a.content ORDER BY a.position)
        FROM plan.attainment AS a
        WHERE a.run_id = coalesce(r.same_as, r.run_id)
    ) AS rows
FROM plan.attainment_run AS r
WHERE
    r.scope = :scope
    AND r.period = :period
    AND r.snapshot_id = :snapshot_id
    AND r.geography IS NOT DISTINCT FROM cast(:geography AS date)
    AND r.release = :release
    AND (r.series IS NOT NULL OR NOT cast(:outlook AS boolean))
ORDER BY r.run_id DESC
LIMIT 1;
