-- Reports, of those asked for, whose figures were computed after their draft was written or last found to stand, or
-- that have no draft; as far as they were computed more than so many minutes ago. Grain: (scope, plan, period).
SELECT DISTINCT
    w.scope,
    w.plan,
    c.period
FROM
    unnest(
        cast(:scopes AS text[]), cast(:plans AS text[]), cast(:cadences AS text[]), cast(:audiences AS text[])
    ) AS w (scope, plan, cadence, audience)
INNER JOIN (
    SELECT
        scope,
        period,
        max(known_at) AS known_at
    FROM plan.attainment_run
    WHERE geography IS NULL
    GROUP BY scope, period
) AS c ON w.scope = c.scope
INNER JOIN core.period AS p ON c.period = p.period AND w.cadence = p.kind
LEFT JOIN (
    SELECT
        r.scope,
        r.plan,
        r.cadence,
        r.audience,
        r.period,
        max(greatest(r.known_at, k.known_at)) AS known_at
    FROM ops.report AS r
    LEFT JOIN ops.report_check AS k ON r.report_id = k.report_id
    WHERE r.kind = 'report'
    GROUP BY r.scope, r.plan, r.cadence, r.audience, r.period
) AS d
    ON
        w.scope = d.scope AND w.plan = d.plan AND w.cadence = d.cadence AND w.audience = d.audience
        AND c.period = d.period
WHERE
    (d.known_at IS NULL OR d.known_at < c.known_at)
    AND c.known_at <= clock_timestamp() - make_interval(mins => cast(:minutes AS integer))
ORDER BY w.scope, c.period, w.plan;
