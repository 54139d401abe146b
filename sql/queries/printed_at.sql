-- By which templates a report was last printed from a snapshot.
SELECT templates FROM ops.report
WHERE
    scope = :scope
    AND plan = :plan
    AND cadence = :cadence
    AND period = :period
    AND snapshot_id = :snapshot_id
    AND kind = 'report'
ORDER BY report_id DESC
LIMIT 1;
