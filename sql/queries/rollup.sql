-- Sums of every indicator for an area and each unit under it, in one period. Grain: (unit, indicator).
--
-- slot      a unit that owed the cells of a group in a piece of the period, and the leaf its figures belong to;
--           no weight: nobody says how much of them is the leaf's; `alone`: nothing else went into the leaf's piece
-- cell      the data elements of each group
-- element   per data element: how many pieces its figure has: all of a flow's, one of what stands at the period's end
-- leaf      the period's last-day units that hold cells, all that each owes, and where it belongs
-- home      where leaves belong: the unit under the area (or none) that has the `weight` of each; a leaf of two homes
--           is_first in one. A leaf under no unit has a home of its own
-- part      the data elements of each side of an indicator; `counts` counts leaves instead of summing values
-- indicator its two sides
--
-- Periods go by their place in `periods` (`own` 0: none), the rest by the caller's numbers: whole numbers sort many
-- times faster than words. Leaves are counted and summed by home first, as there are thousands of them.
--
-- A leaf counts only if every one of the indicator's cells owed by it is there. A part of the area counts only
-- if both sides have something in it, where both are owed there: a missing numerator is never a zero.
WITH slot AS (
    SELECT
        s.period,
        s.org_unit_id,
        s.leaf_id,
        s.weight,
        s.cells,
        s.alone
    FROM
        unnest(
            cast(:slot_periods AS integer[]),
            cast(:slot_units AS integer[]),
            cast(:slot_leaves AS integer[]),
            cast(:slot_weights AS numeric[]),
            cast(:slot_cells AS integer[]),
            cast(:slot_alones AS boolean[])
        ) AS s (period, org_unit_id, leaf_id, weight, cells, alone)
),

cell AS (
    SELECT
        c.cells,
        c.data_element_id
    FROM unnest(cast(:cell_groups AS integer[]), cast(:cell_elements AS integer[])) AS c (cells, data_element_id)
),

element AS (
    SELECT
        e.data_element_id,
        e.pieces
    FROM
        unnest(
            cast(:elements AS integer[]),
            cast(:element_pieces AS integer[])
        ) AS e (data_element_id, pieces)
),

leaf AS (
    SELECT
        l.leaf_id,
        l.cells,
        l.home
    FROM
        unnest(
            cast(:leaf_units AS integer[]),
            cast(:leaf_cells AS integer[]),
            cast(:leaf_homes AS integer[])
        ) AS l (leaf_id, cells, home)
),

home AS (
    SELECT
        h.home,
        h.child,
        h.weight,
        h.is_first
    FROM
        unnest(
            cast(:home_numbers AS integer[]),
            cast(:home_children AS integer[]),
            cast(:home_weights AS numeric[]),
            cast(:home_firsts AS boolean[])
        ) AS h (home, child, weight, is_first)
),

part AS (
    SELECT
        p.side,
        p.data_element_id,
        p.counts
    FROM
        unnest(
            cast(:part_sides AS integer[]),
            cast(:part_elements AS integer[]),
            cast(:part_counts AS boolean[])
        ) AS p (side, data_element_id, counts)
),

indicator AS (
    SELECT
        i.indicator,
        i.above,
        i.below
    FROM
        unnest(
            cast(:indicators AS integer[]),
            cast(:indicator_numerators AS integer[]),
            cast(:indicator_denominators AS integer[])
        ) AS i (indicator, above, below)
),

floor_of AS (
    SELECT
        f.indicator,
        f.written,
        f.floor,
        f.factor
    FROM
        unnest(
            cast(:floor_indicators AS integer[]),
            cast(:floor_texts AS text[]),
            cast(:floor_values AS numeric[]),
            cast(:floor_factors AS integer[])
        ) AS f (indicator, written, floor, factor)
),

reading AS (
    SELECT DISTINCT ON (r.org_unit_id, r.data_element_id, r.period)
        r.org_unit_id,
        r.data_element_id,
        array_position(cast(:periods AS text[]), r.period) AS period,
        r.correction AS fixes,
        r.state,
        r.value
    FROM core.reading(:scope, :known_at, cast(:agreed AS jsonb)) AS r
    WHERE
        r.period = any(cast(:periods AS text[]))
        AND r.year = :year
        AND r.data_element_id = any(cast(:elements AS integer[]))
    ORDER BY r.org_unit_id, r.data_element_id, r.period, r.submission_id DESC
),

-- What a leaf has in one piece: its own word, or the sum of all that went into it, if all of it is there.
-- First the slot, then its cells (OFFSET 0 keeps it so): multiplied out, slots are as many as readings.
piece AS (
    SELECT
        r.leaf_id,
        r.data_element_id,
        r.period,
        r.value,
        CASE WHEN r.state = 'zero' THEN 'value' ELSE r.state END AS state,
        r.fixes
    FROM (
        SELECT
            s.leaf_id,
            s.cells,
            d.*
        FROM reading AS d
        INNER JOIN slot AS s ON d.org_unit_id = s.org_unit_id AND d.period = s.period
        WHERE s.alone
        OFFSET 0 -- noqa: AM09
    ) AS r
    INNER JOIN cell AS c ON r.cells = c.cells AND r.data_element_id = c.data_element_id
    UNION ALL
    SELECT
        h.leaf_id,
        h.data_element_id,
        h.period,
        sum(h.value * h.weight) FILTER (WHERE h.state IN ('value', 'zero', 'estimated')) AS value,
        CASE
            WHEN bool_and(h.state = 'not_applicable') THEN 'not_applicable'
            WHEN bool_or(h.state = 'unreliable') THEN 'unreliable'
            WHEN bool_or(h.state = 'missing' OR h.weight IS NULL) THEN 'missing'
            WHEN bool_or(h.state = 'estimated' OR h.weight <> 1) THEN 'estimated'
            ELSE cast('value' AS core.cell_state)
        END AS state,
        string_agg(h.fixes, ' ') AS fixes
    FROM (
        SELECT
            s.leaf_id,
            c.data_element_id,
            s.period,
            s.weight,
            coalesce(r.state, 'missing') AS state,
            r.value,
            r.fixes
        FROM slot AS s
        INNER JOIN cell AS c ON s.cells = c.cells
        LEFT JOIN reading AS r
            ON s.org_unit_id = r.org_unit_id AND c.data_element_id = r.data_element_id AND s.period = r.period
        WHERE NOT s.alone
    ) AS h
    GROUP BY h.leaf_id, h.data_element_id, h.period
),

-- What a leaf says in the form as long as the period (`is_own`), and what stands at the end or adds up from the pieces.
said AS MATERIALIZED (
    SELECT
        p.leaf_id,
        p.data_element_id,
        p.period = cast(:own AS integer) AS is_own,
        CASE WHEN p.period = cast(:own AS integer) THEN 1 ELSE e.pieces END AS pieces,
        count(*) FILTER (WHERE p.state IN ('value', 'estimated')) AS counted,
        count(*) FILTER (WHERE p.state = 'not_applicable') AS outside,
        sum(p.value) FILTER (WHERE p.state IN ('value', 'estimated')) AS total,
        bool_or(p.state = 'estimated') AS estimated,
        bool_or(p.state <> 'missing') AS heard,
        string_agg(p.fixes, ' ') AS fixes
    FROM piece AS p
    INNER JOIN element AS e ON p.data_element_id = e.data_element_id
    GROUP BY p.leaf_id, p.data_element_id, p.period = cast(:own AS integer), e.pieces
),

-- The word of the form as long as the period comes first. What is owed and was never said is missing.
standing AS (
    SELECT
        l.leaf_id,
        o.data_element_id,
        CASE
            WHEN s.outside = s.pieces THEN 'not_applicable'
            WHEN s.counted + s.outside = s.pieces AND s.estimated THEN 'estimated'
            WHEN s.counted + s.outside = s.pieces THEN 'value'
            ELSE cast('missing' AS core.cell_state)
        END AS state,
        s.total AS value,
        s.fixes
    FROM (
        SELECT DISTINCT
            leaf_id,
            cells
        FROM leaf
    ) AS l
    INNER JOIN cell AS o ON l.cells = o.cells
    LEFT JOIN said AS w
        ON w.is_own AND w.heard AND l.leaf_id = w.leaf_id AND o.data_element_id = w.data_element_id
    LEFT JOIN said AS s
        ON
            s.is_own = (w.leaf_id IS NOT NULL)
            AND l.leaf_id = s.leaf_id
            AND o.data_element_id = s.data_element_id
),

per_side AS MATERIALIZED (
    SELECT
        p.side,
        v.leaf_id,
        bool_or(v.state = 'not_applicable') AS outside,
        bool_and(v.state IN ('value', 'estimated')) AS complete,
        bool_or(v.state = 'estimated') AS estimated,
        sum(CASE WHEN p.counts THEN 1 ELSE v.value END) AS total,
        string_agg(v.fixes, ' ') AS fixes
    FROM part AS p
    INNER JOIN standing AS v ON p.data_element_id = v.data_element_id
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
        FROM indicator AS i INNER JOIN per_side AS s ON i.above = s.side
    ) AS n
    FULL JOIN (
        SELECT
            i.indicator,
            s.*
        FROM indicator AS i INNER JOIN per_side AS s ON i.below = s.side
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
        p.estimated,
        p.numerator,
        p.denominator,
        p.leaves,
        p.fixes,
        p.complete
        AND (NOT bool_or(p.has_numerator) OVER area_part OR bool_or(p.has_numerator AND p.complete) OVER area_part)
        AND (NOT bool_or(p.has_denominator) OVER area_part OR bool_or(p.has_denominator AND p.complete) OVER area_part)
            AS counts
    FROM per_home AS p
    INNER JOIN home AS h ON p.home = h.home
    WINDOW area_part AS (PARTITION BY p.indicator, coalesce(h.child, -h.home))
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
        j.counts,
        j.estimated OR g.weight <> 1 AS estimated,
        j.leaves,
        j.fixes
    FROM judged AS j
    CROSS JOIN
        LATERAL (
            VALUES (CASE WHEN j.is_first THEN cast(:area AS integer) END, 1.0), (j.child, j.weight)
        ) AS g (org_unit_id, weight)
    WHERE g.org_unit_id = any(cast(:units AS integer[]))
),

absent AS (
    SELECT
        p.org_unit_id,
        p.indicator,
        array_agg(a.leaf_id) AS leaves
    FROM placed AS p
    CROSS JOIN LATERAL unnest(p.leaves) AS a (leaf_id)
    WHERE NOT p.counts
    GROUP BY p.org_unit_id, p.indicator
),

at_floor AS (
    SELECT
        n.org_unit_id,
        n.indicator,
        jsonb_object_agg(n.written, n.units) AS units
    FROM (
        SELECT
            p.org_unit_id,
            p.indicator,
            f.written,
            coalesce(sum(f.units) FILTER (WHERE p.counts AND p.weight > 0), 0) AS units
        FROM placed AS p
        INNER JOIN (
            SELECT
                v.indicator,
                l.home,
                v.complete,
                f.written,
                count(*) FILTER (
                    WHERE v.denominator > 0 AND v.numerator * f.factor >= f.floor * v.denominator
                ) AS units
            FROM per_leaf AS v
            INNER JOIN floor_of AS f ON v.indicator = f.indicator
            INNER JOIN leaf AS l ON v.leaf_id = l.leaf_id
            GROUP BY v.indicator, l.home, v.complete, f.written
        ) AS f ON p.indicator = f.indicator AND p.home = f.home AND p.complete = f.complete
        GROUP BY p.org_unit_id, p.indicator, f.written
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
    coalesce(bool_or(p.estimated) FILTER (WHERE p.counts), FALSE) AS estimated,
    any_value(f.units) AS at_floor,
    string_agg(p.fixes, ' ') AS fixes
FROM placed AS p
LEFT JOIN absent AS a ON p.org_unit_id = a.org_unit_id AND p.indicator = a.indicator
LEFT JOIN at_floor AS f ON p.org_unit_id = f.org_unit_id AND p.indicator = f.indicator
GROUP BY p.org_unit_id, p.indicator;
