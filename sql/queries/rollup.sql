-- Sums of every indicator for an area and each unit under it, in one period. Grain: (unit, indicator).
--
-- slot     a unit that owed the cells of a group in a piece of the period, and the leaf its figures belong to;
--          no weight: nobody says how much of them is the leaf's; `alone`: nothing else went into the leaf's piece
-- cell     the data elements of each group
-- element  per data element: is it a flow, of how many pieces, and which piece stands at the period's end
-- leaf     the period's last-day units that hold cells; `child` is the unit under the area that a leaf (or the
--          `weight` of it) belongs to, or none; `is_first` marks one row a leaf
-- term     what an indicator sums above ('n') and below ('d') the line; `counts` counts leaves instead
--
-- Periods go by their place in `periods` (`own` 0: none), indicators by the caller's number: whole numbers sort many
-- times faster than words.
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
        e.is_flow,
        e.pieces,
        e.last_period
    FROM
        unnest(
            cast(:elements AS integer[]),
            cast(:element_flows AS boolean[]),
            cast(:element_pieces AS integer[]),
            cast(:element_lasts AS integer[])
        ) AS e (data_element_id, is_flow, pieces, last_period)
),

leaf AS (
    SELECT
        l.leaf_id,
        l.child,
        l.weight,
        l.is_first
    FROM
        unnest(
            cast(:leaf_units AS integer[]),
            cast(:leaf_children AS integer[]),
            cast(:leaf_weights AS numeric[]),
            cast(:leaf_firsts AS boolean[])
        ) AS l (leaf_id, child, weight, is_first)
),

term AS (
    SELECT
        t.indicator,
        t.data_element_id,
        t.side,
        t.counts
    FROM
        unnest(
            cast(:term_indicators AS integer[]),
            cast(:term_elements AS integer[]),
            cast(:term_sides AS text[]),
            cast(:term_counts AS boolean[])
        ) AS t (indicator, data_element_id, side, counts)
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

-- Corrections agreed on, of which the guard holds: what a cell is taken to say.
fix AS (
    SELECT
        f.correction,
        f.org_unit_id,
        f.data_element_id,
        array_position(cast(:periods AS text[]), f.period) AS period,
        f.state,
        f.value
    FROM
        unnest(
            cast(:fix_ids AS text[]),
            cast(:fix_units AS integer[]),
            cast(:fix_elements AS integer[]),
            cast(:fix_periods AS text[]),
            cast(:fix_states AS core.cell_state[]),
            cast(:fix_values AS numeric[])
        ) AS f (correction, org_unit_id, data_element_id, period, state, value)
),

known AS (
    SELECT DISTINCT ON (s.org_unit_id, s.period, s.form)
        s.submission_id,
        array_position(cast(:periods AS text[]), s.period) AS period
    FROM core.submission AS s
    WHERE
        s.scope = :scope
        AND s.period = any(cast(:periods AS text[]))
        AND s.recorded_at <= :known_at
    ORDER BY s.org_unit_id, s.period, s.form, s.version DESC
),

reading AS (
    SELECT DISTINCT ON (o.org_unit_id, o.data_element_id, k.period)
        o.org_unit_id,
        o.data_element_id,
        k.period,
        f.correction AS fixes,
        coalesce(f.state, o.state) AS state,
        CASE WHEN f.correction IS NULL THEN o.value ELSE f.value END AS value
    FROM known AS k
    INNER JOIN core.observation AS o ON k.submission_id = o.submission_id
    LEFT JOIN fix AS f
        ON o.org_unit_id = f.org_unit_id AND o.data_element_id = f.data_element_id AND k.period = f.period
    WHERE o.year = :year AND o.data_element_id = any(cast(:elements AS integer[]))
    ORDER BY o.org_unit_id, o.data_element_id, k.period, o.submission_id DESC
),

heard AS (
    SELECT
        s.leaf_id,
        c.data_element_id,
        s.period,
        s.weight,
        s.alone,
        coalesce(r.state, 'missing') AS state,
        r.value,
        r.fixes
    FROM slot AS s
    INNER JOIN cell AS c ON s.cells = c.cells
    LEFT JOIN reading AS r
        ON s.org_unit_id = r.org_unit_id AND c.data_element_id = r.data_element_id AND s.period = r.period
),

-- What a leaf has in one piece: its own word, or the sum of all that went into it, if all of it is there.
piece AS (
    SELECT
        h.leaf_id,
        h.data_element_id,
        h.period,
        h.value,
        CASE WHEN h.state = 'zero' THEN 'value' ELSE h.state END AS state,
        h.fixes
    FROM heard AS h
    WHERE h.alone
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
    FROM heard AS h
    WHERE NOT h.alone
    GROUP BY h.leaf_id, h.data_element_id, h.period
),

said AS (
    SELECT
        p.leaf_id,
        p.data_element_id,
        e.is_flow,
        e.pieces,
        max(p.state) FILTER (WHERE p.period = cast(:own AS integer)) AS own_state,
        max(p.value) FILTER (WHERE p.period = cast(:own AS integer)) AS own_value,
        max(p.state) FILTER (WHERE p.period = e.last_period AND p.period <> cast(:own AS integer)) AS last_state,
        max(p.value) FILTER (WHERE p.period = e.last_period AND p.period <> cast(:own AS integer)) AS last_value,
        count(*) FILTER (WHERE p.period <> cast(:own AS integer) AND p.state IN ('value', 'estimated')) AS counted,
        count(*) FILTER (WHERE p.period <> cast(:own AS integer) AND p.state = 'not_applicable') AS outside,
        sum(p.value) FILTER (WHERE p.period <> cast(:own AS integer) AND p.state IN ('value', 'estimated')) AS total,
        coalesce(bool_or(p.period <> cast(:own AS integer) AND p.state = 'estimated'), FALSE) AS estimated,
        max(p.fixes) FILTER (WHERE p.period = cast(:own AS integer)) AS own_fixes,
        max(p.fixes) FILTER (WHERE p.period = e.last_period AND p.period <> cast(:own AS integer)) AS last_fixes,
        string_agg(p.fixes, ' ') FILTER (WHERE p.period <> cast(:own AS integer)) AS sum_fixes
    FROM piece AS p
    INNER JOIN element AS e ON p.data_element_id = e.data_element_id
    GROUP BY p.leaf_id, p.data_element_id, e.is_flow, e.pieces
),

-- The word of the form as long as the period comes first; then what stands at the end, or the pieces if all are there.
chosen AS (
    SELECT
        s.leaf_id,
        s.data_element_id,
        s.own_value,
        s.own_state,
        s.last_value,
        s.last_state,
        s.total,
        s.own_fixes,
        s.last_fixes,
        s.sum_fixes,
        CASE
            WHEN coalesce(s.own_state, 'missing') <> 'missing' THEN 'own'
            WHEN NOT s.is_flow THEN 'last'
            WHEN s.outside = s.pieces THEN 'outside'
            WHEN s.counted + s.outside = s.pieces AND s.estimated THEN 'sum_estimated'
            WHEN s.counted + s.outside = s.pieces THEN 'sum'
            ELSE 'none'
        END AS way
    FROM said AS s
),

standing AS MATERIALIZED (
    SELECT
        c.leaf_id,
        c.data_element_id,
        CASE c.way
            WHEN 'own' THEN c.own_state
            WHEN 'last' THEN coalesce(c.last_state, 'missing')
            WHEN 'outside' THEN 'not_applicable'
            WHEN 'sum_estimated' THEN 'estimated'
            WHEN 'sum' THEN 'value'
            ELSE 'missing'
        END AS state,
        CASE c.way WHEN 'own' THEN c.own_value WHEN 'last' THEN c.last_value ELSE c.total END AS value,
        CASE c.way WHEN 'own' THEN c.own_fixes WHEN 'last' THEN c.last_fixes ELSE c.sum_fixes END AS fixes
    FROM chosen AS c
),

per_leaf AS (
    SELECT
        t.indicator,
        v.leaf_id,
        bool_or(v.state = 'not_applicable') AS outside,
        bool_and(v.state IN ('value', 'estimated')) AS complete,
        bool_or(v.state = 'estimated') AS estimated,
        bool_or(t.side = 'n') AS has_numerator,
        bool_or(t.side = 'd') AS has_denominator,
        sum(CASE WHEN t.counts THEN 1 ELSE v.value END) FILTER (WHERE t.side = 'n') AS numerator,
        sum(CASE WHEN t.counts THEN 1 ELSE v.value END) FILTER (WHERE t.side = 'd') AS denominator,
        string_agg(v.fixes, ' ') AS fixes
    FROM term AS t
    INNER JOIN standing AS v ON t.data_element_id = v.data_element_id
    GROUP BY t.indicator, v.leaf_id
),

judged AS (
    SELECT
        p.indicator,
        p.leaf_id,
        l.child,
        l.weight,
        l.is_first,
        p.estimated,
        p.numerator,
        p.denominator,
        p.fixes,
        p.complete
        AND (NOT bool_or(p.has_numerator) OVER part OR bool_or(p.has_numerator AND p.complete) OVER part)
        AND (NOT bool_or(p.has_denominator) OVER part OR bool_or(p.has_denominator AND p.complete) OVER part)
            AS counts
    FROM per_leaf AS p
    INNER JOIN leaf AS l ON p.leaf_id = l.leaf_id
    WHERE NOT p.outside
    WINDOW part AS (PARTITION BY p.indicator, coalesce(l.child, p.leaf_id))
),

placed AS (
    SELECT
        g.org_unit_id,
        j.indicator,
        j.leaf_id,
        j.numerator * g.weight AS numerator,
        j.denominator * g.weight AS denominator,
        j.counts,
        j.estimated OR g.weight <> 1 AS estimated,
        j.fixes
    FROM judged AS j
    CROSS JOIN
        LATERAL (
            VALUES (CASE WHEN j.is_first THEN cast(:area AS integer) END, 1.0), (j.child, j.weight)
        ) AS g (org_unit_id, weight)
    WHERE g.org_unit_id = any(cast(:units AS integer[]))
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
            count(*) FILTER (
                WHERE p.counts AND p.denominator > 0 AND p.numerator * f.factor >= f.floor * p.denominator
            ) AS units
        FROM placed AS p
        INNER JOIN floor_of AS f ON p.indicator = f.indicator
        GROUP BY p.org_unit_id, p.indicator, f.written
    ) AS n
    GROUP BY n.org_unit_id, n.indicator
)

SELECT
    p.org_unit_id,
    p.indicator,
    sum(p.numerator) FILTER (WHERE p.counts) AS numerator,
    sum(p.denominator) FILTER (WHERE p.counts) AS denominator,
    count(*) AS expected,
    count(*) FILTER (WHERE p.counts) AS present,
    array_agg(p.leaf_id) FILTER (WHERE NOT p.counts) AS absent,
    coalesce(bool_or(p.estimated) FILTER (WHERE p.counts), FALSE) AS estimated,
    cast(min(cast(f.units AS text)) AS jsonb) AS at_floor,
    string_agg(p.fixes, ' ') AS fixes
FROM placed AS p
LEFT JOIN at_floor AS f ON p.org_unit_id = f.org_unit_id AND p.indicator = f.indicator
GROUP BY p.org_unit_id, p.indicator;
