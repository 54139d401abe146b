-- What the caller of a sum says is owed, `owed`, as rows:
--
-- slots   {period, unit, leaf, weight, cells, alone}: a unit that owed the cells of a group in a piece of the period,
--         and the leaf its figures belong to; no weight: nobody says how much of them is the leaf's; `alone`: nothing
--         else went into the leaf's piece
-- cells   {cells, element, pieces, is_mean}: the data elements of each group, and how many pieces the figure of each
--         has: all of what is added up or averaged, one of what stands at the period's end
-- leaves  {leaf, cells, child, weight, is_first, agency}: the period's last-day units that hold cells, all that each
--         owes, and the unit under the area (or none) that has the `weight` of each; a leaf under two is_first in one;
--         `agency`: the agency that a leaf is, where its own figures are asked for too
-- year, periods, months, own: the periods go by their place in `periods` (`own` 0: none), as do their lengths in
--         `months`; units and elements by their numbers: whole numbers sort many times faster than words
--
-- ROWS is what the planner is to expect, of a whole nation: with its own guess for JSON it would loop. A function that
-- sets something is not put in the place of its call, where the guess would come back.
DROP FUNCTION IF EXISTS core.owed_slot(jsonb) CASCADE;
CREATE FUNCTION core.owed_slot(owed jsonb)
RETURNS TABLE (
    period integer, org_unit_id integer, leaf_id integer, weight numeric, cells integer, alone boolean
)
LANGUAGE sql
STABLE
ROWS 20000
SET search_path = pg_catalog
AS $$
    SELECT s.period, s.unit, s.leaf, s.weight, s.cells, s.alone
    FROM jsonb_to_recordset(owed -> 'slots') AS s (
        period integer, unit integer, leaf integer, weight numeric, cells integer, alone boolean
    )
$$;

DROP FUNCTION IF EXISTS core.owed_cell(jsonb) CASCADE;
CREATE FUNCTION core.owed_cell(owed jsonb)
RETURNS TABLE (cells integer, data_element_id integer, pieces integer, is_mean boolean)
LANGUAGE sql
STABLE
ROWS 100
SET search_path = pg_catalog
AS $$
    SELECT c.cells, c.element, c.pieces, c.is_mean
    FROM jsonb_to_recordset(owed -> 'cells') AS c (cells integer, element integer, pieces integer, is_mean boolean)
$$;

DROP FUNCTION IF EXISTS core.owed_leaf(jsonb) CASCADE;
CREATE FUNCTION core.owed_leaf(owed jsonb)
RETURNS TABLE (leaf_id integer, cells integer, child integer, weight numeric, is_first boolean, agency integer)
LANGUAGE sql
STABLE
ROWS 10000
SET search_path = pg_catalog
AS $$
    SELECT l.leaf, l.cells, l.child, l.weight, l.is_first, l.agency
    FROM jsonb_to_recordset(owed -> 'leaves') AS l (
        leaf integer, cells integer, child integer, weight numeric, is_first boolean, agency integer
    )
$$;

-- The owed cells as they are taken: of two forms of a period the later submission's. Grain: (unit, element, period).
DROP FUNCTION IF EXISTS core.owed_reading(text, timestamptz, jsonb, jsonb) CASCADE;
CREATE FUNCTION core.owed_reading(wanted_scope text, known_at timestamptz, agreed jsonb, owed jsonb)
RETURNS TABLE (
    org_unit_id smallint,
    data_element_id smallint,
    period integer,
    fixes text,
    state core.cell_state,
    value numeric,
    submission_id integer
)
LANGUAGE sql
STABLE
AS $$
    SELECT DISTINCT ON (r.org_unit_id, r.data_element_id, r.period)
        r.org_unit_id,
        r.data_element_id,
        array_position(cast(translate(owed ->> 'periods', '[]', '{}') AS text[]), r.period) AS period,
        r.correction AS fixes,
        r.state,
        r.value,
        r.submission_id
    FROM core.reading(wanted_scope, known_at, agreed) AS r
    WHERE
        r.period = any(cast(translate(owed ->> 'periods', '[]', '{}') AS text[]))
        AND r.year = cast(owed ->> 'year' AS smallint)
        AND r.data_element_id = any(cast(translate(owed ->> 'elements', '[]', '{}') AS integer[]))
    ORDER BY r.org_unit_id, r.data_element_id, r.period, r.submission_id DESC
$$;
