-- By which templates a report was last printed from what was known at a time, or from less.
SELECT templates FROM ops.report
WHERE
    scope = :scope
    AND plan = :plan
    AND cadence = :cadence
    AND audience = :audience
    AND period = :period
    AND known_at <= :known_at
    AND kind = 'report'
ORDER BY report_id DESC
LIMIT 1;
