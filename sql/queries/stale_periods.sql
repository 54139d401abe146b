-- Periods whose last computation did not see everything it rests on: a version of the period itself or of one
-- before it (flows add up from January, yearly figures are carried) was recorded after it.
SELECT DISTINCT c.period
FROM (
    SELECT
        scope,
        period
    FROM core.submission
    UNION
    SELECT
        scope,
        period
    FROM plan.attainment_run
) AS c
INNER JOIN core.period AS p ON c.period = p.period
WHERE
    EXISTS (
        SELECT 1
        FROM core.submission AS s
        INNER JOIN core.period AS q ON s.period = q.period
        WHERE
            s.scope = c.scope
            AND q.ends_on <= p.ends_on
            AND s.recorded_at > coalesce(
                (SELECT max(r.known_at) FROM plan.attainment_run AS r WHERE r.scope = c.scope AND r.period = c.period),
                '-infinity'
            )
    )
ORDER BY c.period;
