-- How many forms of a period each scope is owed and has; the last periods by deadline. Grain: (scope, period).
SELECT
    scope,
    period,
    count(*) AS owed,
    count(*) FILTER (WHERE state = 'accepted') AS accepted,
    count(*) FILTER (WHERE state = 'refused') AS refused,
    max(due_on) AS due_on
FROM out.unit_status
WHERE due_on >= cast(:since AS date)
GROUP BY scope, period
ORDER BY scope, max(due_on) DESC, period;
