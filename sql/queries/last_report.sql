-- The last draft of a report, if there is one.
SELECT
    snapshot_id,
    known_at,
    templates,
    files
FROM ops.report
WHERE
    scope = :scope AND plan = :plan AND cadence = :cadence AND audience = :audience AND period = :period
    AND kind = 'report'
ORDER BY report_id DESC
LIMIT 1;
