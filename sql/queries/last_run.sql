SELECT
    snapshot_id,
    content,
    coalesce(same_as, run_id) AS rows_of
FROM plan.attainment_run
WHERE scope = :scope AND period = :period
ORDER BY run_id DESC
LIMIT 1;
