-- Sums of every indicator for an area, each unit under it and each agency asked for, in one period, `parts` times as
-- large: so is a mean over any number of months exact, and each unit that counts as one. Grain: (unit, indicator).
--
-- `owed` says who owes what (sql/functions/40_owed.sql); how each cell of it stands is core.standing. What is made of
-- the cells is what a version of the catalogue says, as it is stored. Leaves are counted and summed by home first, as
-- there are thousands of them: leaves at one home have the same `weight` in the same unit under the area, or in none.
--
-- A leaf counts only if every one of the indicator's cells owed by it is there. A part of the area counts only
-- if both sides have something in it, where both are owed there, and if nobody in it who owes one side alone is
-- silent: a hospital that did not report has doctors, and a commune has people. What owes one side and belongs to no
-- part stands for the whole area, which then counts only if nobody who owes one side alone is silent: `lacking`.
-- A plain sum has one side only: there nobody lacks another. An agency's figure is made of its own cells, whoever else
-- is silent; the caller leaves out what an agency owes one side of alone.
WITH term AS MATERIALIZED (
    SELECT * FROM core.summed_term(:version, cast(:indicators AS text[]))
),

two_sided AS (
    SELECT indicator
    FROM term
    GROUP BY indicator
    HAVING count(DISTINCT name) = 2
),

leaf AS MATERIALIZED (
    SELECT
        l.leaf_id,
        l.child,
        l.weight,
        l.is_first,
        l.agency,
        dense_rank() OVER (
            ORDER BY
                l.child, l.weight, l.is_first, CASE WHEN l.child IS NULL OR l.agency IS NOT NULL THEN l.leaf_id END
        ) AS home
    FROM core.owed_leaf(cast(:owed AS jsonb)) AS l
),

per_side AS MATERIALIZED (
    SELECT
        p.side,
        v.leaf_id,
        bool_or(v.state = 'not_applicable') AS outside,
        bool_and(v.state IN ('value', 'estimated')) AS complete,
        bool_or(v.state = 'estimated') AS estimated,
        sum(
            CASE
                WHEN p.counts_units THEN cast(:parts AS integer)
                ELSE v.value * (cast(:parts AS integer) / v.months)
            END
        ) AS total,
        string_agg(v.fixes, ' ') AS fixes
    FROM (
        SELECT DISTINCT
            side,
            place,
            data_element_id,
            counts_units
        FROM term
    ) AS p
    INNER JOIN core.standing(:scope, :known_at, cast(:agreed AS jsonb), cast(:owed AS jsonb)) AS v
        ON p.data_element_id = v.data_element_id
    GROUP BY p.side, v.leaf_id
),

per_leaf AS MATERIALIZED (
    SELECT
        coalesce(n.indicator, d.indicator) AS indicator,
        coalesce(n.leaf_id, d.leaf_id) AS leaf_id,
        coalesce(n.complete, TRUE) AND coalesce(d.complete, TRUE) AS complete,
        coalesce(n.estimated, FALSE) OR coalesce(d.estimated, FALSE) AS estimated,
        n.leaf_id IS NOT NULL AS has_numerator,
        d.leaf_id IS NOT NULL AS has_denominator,
        n.total AS numerator,
        d.total AS denominator,
        nullif(concat_ws(' ', n.fixes, d.fixes), '') AS fixes
    FROM (
        SELECT
            i.indicator,
            s.*
        FROM term AS i INNER JOIN per_side AS s ON i.side = s.side
        WHERE i.name = 'numerator' AND i.place = 0
    ) AS n
    FULL JOIN (
        SELECT
            i.indicator,
            s.*
        FROM term AS i INNER JOIN per_side AS s ON i.side = s.side
        WHERE i.name = 'denominator' AND i.place = 0
    ) AS d ON n.indicator = d.indicator AND n.leaf_id = d.leaf_id
    WHERE NOT coalesce(n.outside, FALSE) AND NOT coalesce(d.outside, FALSE)
),

per_home AS (
    SELECT
        p.indicator,
        l.home,
        p.complete,
        bool_or(p.estimated) AS estimated,
        bool_or(p.has_numerator) AS has_numerator,
        bool_or(p.has_denominator) AS has_denominator,
        bool_or(p.has_numerator <> p.has_denominator)
        AND p.indicator IN (SELECT t.indicator FROM two_sided AS t) AS one_sided,
        sum(p.numerator) AS numerator,
        sum(p.denominator) AS denominator,
        array_agg(p.leaf_id) AS leaves,
        string_agg(p.fixes, ' ') AS fixes
    FROM per_leaf AS p
    INNER JOIN leaf AS l ON p.leaf_id = l.leaf_id
    GROUP BY p.indicator, l.home, p.complete
),

judged AS (
    SELECT
        p.indicator,
        p.home,
        p.complete,
        h.child,
        h.weight,
        h.is_first,
        h.agency,
        p.has_numerator,
        p.has_denominator,
        p.one_sided AND NOT p.complete AS lacking,
        p.estimated,
        p.numerator,
        p.denominator,
        p.leaves,
        p.fixes,
        NOT bool_or(p.one_sided AND h.child IS NULL) OVER area_whole
        OR NOT bool_or(p.one_sided AND NOT p.complete) OVER area_whole AS counts_in_area,
        p.complete
        AND NOT bool_or(p.one_sided AND NOT p.complete) OVER area_part
        AND (NOT bool_or(p.has_numerator) OVER area_part OR bool_or(p.has_numerator AND p.complete) OVER area_part)
        AND (NOT bool_or(p.has_denominator) OVER area_part OR bool_or(p.has_denominator AND p.complete) OVER area_part)
            AS counts
    FROM per_home AS p
    INNER JOIN (
        SELECT DISTINCT
            home,
            child,
            weight,
            is_first,
            agency
        FROM leaf
    ) AS h ON p.home = h.home
    WINDOW
        area_part AS (PARTITION BY p.indicator, coalesce(h.child, -h.home)),
        area_whole AS (PARTITION BY p.indicator)
),

placed AS (
    SELECT
        g.org_unit_id,
        j.indicator,
        j.home,
        j.complete,
        g.weight,
        j.numerator * g.weight AS numerator,
        j.denominator * g.weight AS denominator,
        CASE
            WHEN g.org_unit_id = j.agency THEN j.complete
            ELSE j.counts AND (j.counts_in_area OR g.org_unit_id = j.child)
        END AS counts,
        j.complete AND j.has_numerator AS has_numerator,
        j.complete AND j.has_denominator AS has_denominator,
        j.lacking,
        j.estimated OR g.weight <> 1 AS estimated,
        j.leaves,
        j.fixes
    FROM judged AS j
    CROSS JOIN
        LATERAL (
            VALUES
            (CASE WHEN j.is_first THEN cast(:area AS integer) END, 1.0),
            (j.child, j.weight),
            (CASE WHEN j.is_first THEN j.agency END, 1.0)
        ) AS g (org_unit_id, weight)
    WHERE g.org_unit_id = any(cast(:units AS integer[]))
),

absent AS (
    SELECT
        p.org_unit_id,
        p.indicator,
        array_agg(a.leaf_id) AS leaves,
        array_agg(a.leaf_id) FILTER (WHERE p.lacking) AS lacking
    FROM placed AS p
    CROSS JOIN LATERAL unnest(p.leaves) AS a (leaf_id)
    WHERE NOT p.counts
    GROUP BY p.org_unit_id, p.indicator
),

at_floor AS (
    SELECT
        n.org_unit_id,
        n.indicator,
        jsonb_object_agg(n.floor, n.units) AS units
    FROM (
        SELECT
            p.org_unit_id,
            p.indicator,
            f.floor,
            coalesce(sum(f.units) FILTER (WHERE p.counts AND p.weight > 0), 0) AS units
        FROM placed AS p
        INNER JOIN (
            SELECT
                v.indicator,
                l.home,
                v.complete,
                f.floor,
                count(*) FILTER (
                    WHERE v.denominator > 0 AND v.numerator * f.factor >= f.floor * v.denominator
                ) AS units
            FROM per_leaf AS v
            INNER JOIN core.summed_floor(:version, cast(:indicators AS text[])) AS f ON v.indicator = f.indicator
            INNER JOIN leaf AS l ON v.leaf_id = l.leaf_id
            GROUP BY v.indicator, l.home, v.complete, f.floor
        ) AS f ON p.indicator = f.indicator AND p.home = f.home AND p.complete = f.complete
        GROUP BY p.org_unit_id, p.indicator, f.floor
    ) AS n
    GROUP BY n.org_unit_id, n.indicator
)

SELECT
    p.org_unit_id,
    p.indicator,
    sum(p.numerator) FILTER (WHERE p.counts) AS numerator,
    sum(p.denominator) FILTER (WHERE p.counts) AS denominator,
    cast(sum(cardinality(p.leaves)) AS integer) AS expected,
    cast(coalesce(sum(cardinality(p.leaves)) FILTER (WHERE p.counts), 0) AS integer) AS present,
    any_value(a.leaves) AS absent,
    CASE WHEN bool_or(p.has_numerator) AND bool_or(p.has_denominator) THEN any_value(a.lacking) END AS lacking,
    coalesce(bool_or(p.estimated) FILTER (WHERE p.counts), FALSE) AS estimated,
    any_value(f.units) AS at_floor,
    string_agg(p.fixes, ' ') AS fixes
FROM placed AS p
LEFT JOIN absent AS a ON p.org_unit_id = a.org_unit_id AND p.indicator = a.indicator
LEFT JOIN at_floor AS f ON p.org_unit_id = f.org_unit_id AND p.indicator = f.indicator
GROUP BY p.org_unit_id, p.indicator;
