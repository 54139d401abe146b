-- Corrections agreed on, of which the guard holds, as rows: what a cell is taken to say. Grain: (correction).
-- Which hold is decided by `etl.warehouse.agreed_corrections`, which hands them in; numbers are texts, to stay exact.
DROP FUNCTION IF EXISTS core.agreed_correction(jsonb) CASCADE;
CREATE FUNCTION core.agreed_correction(agreed jsonb)
RETURNS TABLE (
    correction text, org_unit_id smallint, data_element_id smallint, period text, state core.cell_state, value numeric
)
LANGUAGE sql
STABLE
AS $$
    SELECT a.correction, a.org_unit_id, a.data_element_id, a.period, a.state, a.value
    FROM jsonb_to_recordset(agreed) AS a (
        correction text,
        org_unit_id smallint,
        data_element_id smallint,
        period text,
        state core.cell_state,
        value numeric
    )
$$;
