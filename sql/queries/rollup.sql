-- Sums of every indicator for an area and each unit under it, in one period. Grain: (unit, indicator).
--
-- cell   the cells that are owed for the period: (leaf unit, data element)
-- leaf   units that hold cells; `child` is the unit under the area that a leaf belongs to, or none
-- term   what an indicator sums above ('n') and below ('d') the line; `counts` counts leaves instead
--
-- A leaf counts only if every one of the indicator's cells owed by it is there. A part of the area counts only
-- if both sides have something in it, where both are owed there: a missing numerator is never a zero.
WITH cell AS (
    SELECT
        c.org_unit_id,
        c.data_element_id,
        c.is_flow
    FROM
        unnest(
            cast(:cell_units AS integer[]), cast(:cell_elements AS integer[]), cast(:cell_flows AS boolean[])
        ) AS c (org_unit_id, data_element_id, is_flow)
),

leaf AS (
    SELECT
        l.org_unit_id,
        l.child
    FROM unnest(cast(:leaf_units AS integer[]), cast(:leaf_children AS integer[])) AS l (org_unit_id, child)
),

term AS (
    SELECT
        t.indicator,
        t.data_element_id,
        t.side,
        t.counts
    FROM
        unnest(
            cast(:term_indicators AS text[]),
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
            cast(:floor_indicators AS text[]),
            cast(:floor_texts AS text[]),
            cast(:floor_values AS numeric[]),
            cast(:floor_factors AS integer[])
        ) AS f (indicator, written, floor, factor)
),

known AS (
    SELECT DISTINCT ON (s.org_unit_id, s.period, s.form)
        s.submission_id,
        s.period
    FROM core.submission AS s
    WHERE
        s.scope = :scope
        AND (s.period = :year_period OR s.period = any(cast(:quarters AS text[])))
        AND s.recorded_at <= :known_at
    ORDER BY s.org_unit_id, s.period, s.form, s.version DESC
),

reading AS (
    SELECT DISTINCT ON (o.org_unit_id, o.data_element_id, k.period)
        o.org_unit_id,
        o.data_element_id,
        k.period,
        o.state,
        o.value,
        o.state IN ('value', 'zero', 'estimated') AS counted
    FROM known AS k
    INNER JOIN core.observation AS o ON k.submission_id = o.submission_id
    WHERE o.year = :year
    ORDER BY o.org_unit_id, o.data_element_id, k.period, o.submission_id DESC
),

said AS (
    SELECT
        r.org_unit_id,
        r.data_element_id,
        max(r.state) FILTER (WHERE r.period = :year_period) AS year_state,
        max(r.value) FILTER (WHERE r.period = :year_period) AS year_value,
        max(r.state) FILTER (WHERE r.period = :last_quarter) AS last_state,
        max(r.value) FILTER (WHERE r.period = :last_quarter) AS last_value,
        count(*) FILTER (WHERE r.period <> :year_period AND r.counted) AS counted,
        count(*) FILTER (WHERE r.period <> :year_period AND r.state = 'not_applicable') AS outside,
        sum(r.value) FILTER (WHERE r.period <> :year_period AND r.counted) AS total,
        bool_or(r.period <> :year_period AND r.state = 'estimated') AS estimated
    FROM reading AS r
    GROUP BY r.org_unit_id, r.data_element_id
),

-- The year form's own word comes first; then a stock's last quarter, or a flow's quarters if all are there.
chosen AS (
    SELECT
        c.org_unit_id,
        c.data_element_id,
        s.year_value,
        s.last_value,
        s.total,
        s.year_state,
        s.last_state,
        CASE
            WHEN coalesce(s.year_state, 'missing') <> 'missing' THEN 'year'
            WHEN NOT c.is_flow THEN 'last'
            WHEN s.outside = :quarter_count THEN 'outside'
            WHEN s.counted + s.outside = :quarter_count AND s.estimated THEN 'sum_estimated'
            WHEN s.counted + s.outside = :quarter_count THEN 'sum'
            ELSE 'none'
        END AS way
    FROM cell AS c
    LEFT JOIN said AS s ON c.org_unit_id = s.org_unit_id AND c.data_element_id = s.data_element_id
),

standing AS (
    SELECT
        c.org_unit_id,
        c.data_element_id,
        CASE c.way
            WHEN 'year' THEN c.year_state
            WHEN 'last' THEN coalesce(c.last_state, 'missing')
            WHEN 'outside' THEN 'not_applicable'
            WHEN 'sum_estimated' THEN 'estimated'
            WHEN 'sum' THEN 'value'
            ELSE 'missing'
        END AS state,
        CASE c.way WHEN 'year' THEN c.year_value WHEN 'last' THEN c.last_value ELSE c.total END AS value
    FROM chosen AS c
),

per_leaf AS (
    SELECT
        t.indicator,
        v.org_unit_id,
        bool_or(v.state = 'not_applicable') AS outside,
        bool_and(v.state IN ('value', 'zero', 'estimated')) AS complete,
        bool_or(v.state = 'estimated') AS estimated,
        bool_or(t.side = 'n') AS has_numerator,
        bool_or(t.side = 'd') AS has_denominator,
        sum(CASE WHEN t.counts THEN 1 ELSE v.value END) FILTER (WHERE t.side = 'n') AS numerator,
        sum(CASE WHEN t.counts THEN 1 ELSE v.value END) FILTER (WHERE t.side = 'd') AS denominator
    FROM term AS t
    INNER JOIN standing AS v ON t.data_element_id = v.data_element_id
    GROUP BY t.indicator, v.org_unit_id
),

judged AS (
    SELECT
        p.indicator,
        l.child,
        p.estimated,
        p.numerator,
        p.denominator,
        p.complete
        AND (NOT bool_or(p.has_numerator) OVER part OR bool_or(p.has_numerator AND p.complete) OVER part)
        AND (NOT bool_or(p.has_denominator) OVER part OR bool_or(p.has_denominator AND p.complete) OVER part)
            AS counts
    FROM per_leaf AS p
    INNER JOIN leaf AS l ON p.org_unit_id = l.org_unit_id
    WHERE NOT p.outside
    WINDOW part AS (PARTITION BY p.indicator, coalesce(l.child, p.org_unit_id))
),

placed AS (
    SELECT
        g.org_unit_id,
        j.indicator,
        j.numerator,
        j.denominator,
        j.counts,
        j.estimated
    FROM judged AS j
    CROSS JOIN LATERAL (VALUES (cast(:area AS integer)), (j.child)) AS g (org_unit_id)
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
    coalesce(bool_or(p.estimated) FILTER (WHERE p.counts), FALSE) AS estimated,
    min(f.units::text)::jsonb AS at_floor
FROM placed AS p
LEFT JOIN at_floor AS f ON p.org_unit_id = f.org_unit_id AND p.indicator = f.indicator
GROUP BY p.org_unit_id, p.indicator;
