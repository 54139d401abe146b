-- How each owed cell of each leaf stands for a period. Grain: (leaf, data element). What `owed` is: 40_owed.sql.
-- `is_own`: by the form as long as the period. What is owed and was never said is missing. The figure is `value` over
-- `months`: a mean is kept as its sum, as no decimal holds a third; months are 1 where nothing is averaged, 12 at most.
DROP FUNCTION IF EXISTS core.standing(text, timestamptz, jsonb, jsonb) CASCADE;
CREATE FUNCTION core.standing(wanted_scope text, known_at timestamptz, agreed jsonb, owed jsonb)
RETURNS TABLE (
    leaf_id integer,
    data_element_id integer,
    is_own boolean,
    state core.cell_state,
    value numeric,
    months integer,
    fixes text
)
LANGUAGE sql
STABLE
AS $$
    WITH slot AS (
        SELECT * FROM core.owed_slot(owed)
    ),

    cell AS (
        SELECT * FROM core.owed_cell(owed)
    ),

    reading AS (
        SELECT * FROM core.owed_reading(wanted_scope, known_at, agreed, owed)
    ),

    -- What a leaf has in one piece: its own word, or the sum of all that went into it, if all of it is there.
    -- First the slot, then its cells (OFFSET 0 keeps it so): multiplied out, slots are as many as readings.
    piece AS (
        SELECT
            r.leaf_id,
            r.data_element_id,
            c.pieces,
            c.is_mean,
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
            h.pieces,
            h.is_mean,
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
                c.pieces,
                c.is_mean,
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
        GROUP BY h.leaf_id, h.data_element_id, h.pieces, h.is_mean, h.period
    ),

    -- What a leaf says in the form as long as the period, and what stands at the end or adds up from the pieces.
    said AS MATERIALIZED (
        SELECT
            p.leaf_id,
            p.data_element_id,
            p.period = cast(owed ->> 'own' AS integer) AS is_own,
            CASE WHEN p.period = cast(owed ->> 'own' AS integer) THEN 1 ELSE p.pieces END AS pieces,
            count(*) FILTER (WHERE p.state IN ('value', 'estimated')) AS counted,
            count(*) FILTER (WHERE p.state = 'not_applicable') AS outside,
            sum(p.value * p.months) FILTER (WHERE p.state IN ('value', 'estimated')) AS total,
            CASE WHEN p.is_mean THEN sum(p.months) FILTER (WHERE p.state IN ('value', 'estimated')) ELSE 1 END AS months,
            bool_or(p.state = 'estimated') AS estimated,
            bool_or(p.state <> 'missing') AS heard,
            string_agg(p.fixes, ' ') AS fixes
        FROM (
            SELECT
                *,
                CASE WHEN is_mean THEN cast(owed -> 'months' ->> (period - 1) AS integer) ELSE 1 END AS months
            FROM piece
        ) AS p
        GROUP BY p.leaf_id, p.data_element_id, p.period = cast(owed ->> 'own' AS integer), p.pieces, p.is_mean
    )

    -- The word of the form as long as the period comes first.
    SELECT
        l.leaf_id,
        o.data_element_id,
        w.leaf_id IS NOT NULL AS is_own,
        CASE
            WHEN s.outside = s.pieces THEN 'not_applicable'
            WHEN s.counted + s.outside = s.pieces AND s.estimated THEN 'estimated'
            WHEN s.counted + s.outside = s.pieces THEN 'value'
            ELSE cast('missing' AS core.cell_state)
        END AS state,
        s.total AS value,
        s.months,
        s.fixes
    FROM (
        SELECT DISTINCT
            leaf_id,
            cells
        FROM core.owed_leaf(owed)
    ) AS l
    INNER JOIN cell AS o ON l.cells = o.cells
    LEFT JOIN said AS w
        ON w.is_own AND w.heard AND l.leaf_id = w.leaf_id AND o.data_element_id = w.data_element_id
    LEFT JOIN said AS s
        ON
            s.is_own = (w.leaf_id IS NOT NULL)
            AND l.leaf_id = s.leaf_id
            AND o.data_element_id = s.data_element_id
$$;
