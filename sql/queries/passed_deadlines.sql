-- Periods with open forms whose last deadline has passed, that no report was written for since, and that were not
-- announced yet: units that stay silent must not hold a report up.
SELECT DISTINCT d.period
FROM (
    SELECT
        e.scope,
        e.period,
        max(e.due_on) AS last_day
    FROM core.current_expected AS e
    GROUP BY e.scope, e.period
) AS d
WHERE
    d.last_day < :today
    AND EXISTS (
        SELECT 1
        FROM ops.event AS i
        WHERE
            i.kind = 'issued'
            AND i.detail ->> 'scope' = d.scope
            AND i.detail ->> 'period' = d.period
            AND i.detail ->> 'unit' IS NULL
    )
    AND NOT EXISTS (
        SELECT 1
        FROM ops.event AS n
        WHERE n.kind = 'deadline_passed' AND n.detail ->> 'period' = d.period AND n.recorded_at::date > d.last_day
    )
    AND NOT EXISTS (
        SELECT 1
        FROM ops.report AS r
        WHERE r.scope = d.scope AND r.period = d.period AND r.recorded_at::date > d.last_day
    )
ORDER BY d.period;
