SELECT
    snapshot_id,
    content,
    release,
    series,
    coalesce(same_as, run_id) AS rows_of
FROM plan.attainment_run
WHERE scope = :scope AND period = :period AND geography IS NOT DISTINCT FROM cast(:geography AS date)
ORDER BY run_id DESC
LIMIT 1;
