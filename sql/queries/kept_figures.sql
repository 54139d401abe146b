-- A unit's values in the last computations of some periods known at a moment, where nothing they rest on has been
-- recorded between: what computing them again would give; without those of a year that began late.
-- Grain: (period, plan, item); a period is there whole or not.
SELECT
    r.period,
    a.plan,
    a.item,
    CASE WHEN coalesce(a.content ->> 'since', '') = '' THEN a.content ->> 'value' END AS value,
    a.content ->> 'as_of' AS as_of
FROM (
    SELECT DISTINCT ON (period) *
    FROM plan.attainment_run
    WHERE
        scope = any(core.scope_line(:scope))
        AND period = any(cast(:periods AS text[]))
        AND known_at <= :known_at
        AND geography IS NULL
        AND release IS NOT NULL
    ORDER BY period, run_id DESC
) AS r
INNER JOIN core.period AS p ON r.period = p.period
INNER JOIN plan.attainment AS a ON coalesce(r.same_as, r.run_id) = a.run_id
WHERE
    a.unit_code = :unit
    AND NOT EXISTS (
        SELECT 1
        FROM core.submission AS s
        INNER JOIN core.period AS q ON s.period = q.period
        WHERE
            s.scope = any(core.scope_line(:scope))
            AND q.ends_on <= p.ends_on
            AND s.recorded_at > r.known_at
            AND s.recorded_at <= :known_at
    )
    AND NOT EXISTS (
        SELECT 1
        FROM ops.catalogue_version AS v
        WHERE v.recorded_at > r.known_at AND v.recorded_at <= :known_at
    )
    AND NOT EXISTS (
        SELECT 1
        FROM (
            SELECT cast(x.ends_on + 1 AS timestamptz) AS over_at
            FROM core.correction_version AS x
        ) AS e
        WHERE e.over_at > r.known_at AND e.over_at <= least(:known_at, clock_timestamp())
    );
