-- What is read from outside: how the installation itself does.

-- Scopes' periods whose last computation did not see everything it rests on: a version of the period itself or of one
-- before it (flows add up from January, yearly figures are carried) was recorded after it, or a correction of one
-- was agreed or withdrawn, or its last day ended, or a target or indicator that its rows speak of was amended.
CREATE VIEW out.stale_period AS
WITH amended_plan AS (
    SELECT
        t.plan,
        max(v.recorded_at) AS amended_at
    FROM (
        SELECT
            plan,
            catalogue_version_id
        FROM plan.target
        UNION
        SELECT
            plan,
            catalogue_version_id
        FROM plan.milestone
    ) AS t
    INNER JOIN ops.catalogue_version AS v ON t.catalogue_version_id = v.catalogue_version_id
    GROUP BY t.plan
),

amended_indicator AS (
    SELECT
        t.indicator,
        max(v.recorded_at) AS amended_at
    FROM (
        SELECT
            indicator,
            catalogue_version_id
        FROM plan.indicator
        UNION
        SELECT
            indicator,
            catalogue_version_id
        FROM plan.indicator_term
    ) AS t
    INNER JOIN ops.catalogue_version AS v ON t.catalogue_version_id = v.catalogue_version_id
    GROUP BY t.indicator
)

SELECT DISTINCT
    c.scope,
    c.period
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
    WHERE geography IS NULL
) AS c
INNER JOIN core.period AS p ON c.period = p.period
WHERE
    EXISTS (
        SELECT 1
        FROM core.submission AS s
        INNER JOIN core.period AS q ON s.period = q.period
        WHERE
            (
                s.scope = c.scope
                OR s.scope IN (SELECT l.continues FROM core.current_continued_scope AS l WHERE l.scope = c.scope)
            )
            AND q.ends_on <= p.ends_on
            AND s.recorded_at > coalesce(
                (
                    SELECT max(r.known_at)
                    FROM plan.attainment_run AS r
                    WHERE r.scope = c.scope AND r.period = c.period AND r.geography IS NULL
                ),
                '-infinity'
            )
    )
    OR EXISTS (
        SELECT 1
        FROM core.correction_version AS x
        INNER JOIN ops.catalogue_version AS v ON x.catalogue_version_id = v.catalogue_version_id
        INNER JOIN core.period AS q ON x.period = q.period
        INNER JOIN (
            SELECT
                r.scope,
                max(r.known_at) AS known_at
            FROM plan.attainment_run AS r
            WHERE r.scope = c.scope AND r.period = c.period AND r.geography IS NULL
            GROUP BY r.scope
        ) AS l ON c.scope = l.scope
        WHERE
            (
                x.scope = c.scope
                OR x.scope IN (SELECT w.continues FROM core.current_continued_scope AS w WHERE w.scope = c.scope)
            )
            AND q.ends_on <= p.ends_on
            AND (
                v.recorded_at > l.known_at
                OR (
                    cast(x.ends_on + 1 AS timestamptz) > l.known_at
                    AND cast(x.ends_on + 1 AS timestamptz) <= clock_timestamp()
                )
            )
    )
    OR EXISTS (
        SELECT 1
        FROM (
            SELECT
                r.known_at,
                coalesce(r.same_as, r.run_id) AS rows_of
            FROM plan.attainment_run AS r
            WHERE r.scope = c.scope AND r.period = c.period AND r.geography IS NULL
            ORDER BY r.run_id DESC
            LIMIT 1
        ) AS l
        INNER JOIN plan.attainment AS a ON l.rows_of = a.run_id
        LEFT JOIN amended_plan AS t ON a.plan = t.plan
        LEFT JOIN amended_indicator AS i ON a.content ->> 'indicator' = i.indicator
        WHERE t.amended_at > l.known_at OR i.amended_at > l.known_at
    );

CREATE VIEW out.migration AS
SELECT
    number,
    name,
    applied_at
FROM ops.migration;
