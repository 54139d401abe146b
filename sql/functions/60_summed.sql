-- What a version of the catalogue makes indicators of, as it is stored: `indicator` is the place in the caller's list.
-- ROWS and SET: see 40_owed.sql.

-- Grain: (indicator, side, position). Equal sides of several indicators have one number, `side`.
DROP FUNCTION IF EXISTS core.summed_term(integer, text[]) CASCADE;
CREATE FUNCTION core.summed_term(version integer, indicators text[])
RETURNS TABLE (
    indicator integer, name text, side bigint, place integer, data_element_id smallint, counts_units boolean
)
LANGUAGE sql
STABLE
ROWS 1000
SET search_path = pg_catalog
AS $$
    SELECT
        array_position(indicators, t.indicator),
        t.side,
        dense_rank() OVER (ORDER BY t.elements, t.counts_units),
        t.position,
        e.data_element_id,
        t.counts_units
    FROM (
        SELECT
            v.*,
            array_agg(v.data_element) OVER (
                PARTITION BY v.indicator, v.side
                ORDER BY v.position
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) AS elements
        FROM (
            SELECT DISTINCT ON (a.indicator, a.side, a.position) a.*
            FROM plan.indicator_term AS a
            WHERE a.catalogue_version_id <= version AND a.indicator = any(indicators)
            ORDER BY a.indicator, a.side, a.position, a.catalogue_version_id DESC
        ) AS v
        WHERE NOT v.retired
    ) AS t
    INNER JOIN core.data_element AS e ON t.data_element = e.code
$$;

-- The floors that targets set for shares of units. Grain: (indicator, floor).
DROP FUNCTION IF EXISTS core.summed_floor(integer, text[]) CASCADE;
CREATE FUNCTION core.summed_floor(version integer, indicators text[])
RETURNS TABLE (indicator integer, floor numeric, factor integer)
LANGUAGE sql
STABLE
ROWS 10
SET search_path = pg_catalog
AS $$
    SELECT DISTINCT
        array_position(indicators, i.indicator),
        t.floor,
        i.factor
    FROM (
        SELECT DISTINCT ON (a.plan, a.item) a.*
        FROM plan.target AS a
        WHERE a.catalogue_version_id <= version
        ORDER BY a.plan, a.item, a.catalogue_version_id DESC
    ) AS t
    INNER JOIN (
        SELECT DISTINCT ON (a.indicator) a.*
        FROM plan.indicator AS a
        WHERE a.catalogue_version_id <= version AND a.indicator = any(indicators)
        ORDER BY a.indicator, a.catalogue_version_id DESC
    ) AS i ON t.indicator = i.indicator
    WHERE NOT t.retired AND i.method = 'share_of_units' AND t.floor IS NOT NULL
$$;
