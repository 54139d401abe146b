-- Periods of each scope that were computed. Grain: (scope, period).
SELECT
    scope,
    period,
    max(known_at) AS known_at
FROM out.attainment
GROUP BY scope, period
ORDER BY scope, period DESC;
