-- Everything some units said of some elements, up to a day, as known at a moment. Grain: (unit, element, period).
WITH fix AS (
    SELECT
        f.correction,
        f.org_unit_id,
        f.data_element_id,
        f.period,
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
        s.period,
        s.year
    FROM core.submission AS s
    INNER JOIN core.period AS p ON s.period = p.period
    WHERE
        s.scope = :scope
        AND s.recorded_at <= :known_at
        AND p.ends_on <= :until
        AND s.year >= :since
        AND p.kind IN ('quarter', 'year')
    ORDER BY s.org_unit_id, s.period, s.form, s.version DESC
)

SELECT DISTINCT ON (o.org_unit_id, o.data_element_id, k.period)
    o.org_unit_id,
    e.code AS data_element,
    k.period,
    coalesce(f.state, o.state) IN ('value', 'zero', 'estimated') AS counted,
    CASE WHEN f.correction IS NULL THEN o.value ELSE f.value END AS value
FROM known AS k
INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
INNER JOIN core.data_element AS e ON o.data_element_id = e.data_element_id
LEFT JOIN fix AS f ON o.org_unit_id = f.org_unit_id AND o.data_element_id = f.data_element_id AND k.period = f.period
WHERE o.org_unit_id = any(cast(:units AS integer[])) AND e.code = any(cast(:elements AS text[]))
ORDER BY o.org_unit_id, o.data_element_id, k.period, o.submission_id DESC;
