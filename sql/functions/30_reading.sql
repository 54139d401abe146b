-- What the cells of the submissions in force say, agreed corrections applied. Grain: (submission, unit, data element).
-- Where two forms of a period hold the same cell, the later submission counts: DISTINCT ON …, submission_id DESC.
DROP FUNCTION IF EXISTS core.reading(text, timestamptz, jsonb) CASCADE;
CREATE FUNCTION core.reading(wanted_scope text, known_at timestamptz, agreed jsonb)
RETURNS TABLE (
    submission_id integer,
    period text,
    year smallint,
    org_unit_id smallint,
    data_element_id smallint,
    state core.cell_state,
    value numeric,
    correction text
)
LANGUAGE sql
STABLE
AS $$
    SELECT
        o.submission_id,
        k.period,
        o.year,
        o.org_unit_id,
        o.data_element_id,
        coalesce(a.state, o.state) AS state,
        CASE WHEN a.correction IS NULL THEN o.value ELSE a.value END AS value,
        a.correction
    FROM core.submission_in_force(wanted_scope, known_at) AS k
    INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
    LEFT JOIN core.agreed_correction(agreed) AS a
        ON o.org_unit_id = a.org_unit_id AND o.data_element_id = a.data_element_id AND k.period = a.period
$$;
