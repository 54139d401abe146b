-- The last published value of each element for a unit, not later than a year. Grain: (data element).
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
)

SELECT DISTINCT ON (e.code)
    e.code AS data_element,
    k.period,
    CASE WHEN f.correction IS NULL THEN o.value ELSE f.value END AS value,
    coalesce(f.state, o.state) = 'estimated' AS estimated,
    f.correction,
    coalesce(d.words, '') AS as_of,
    coalesce(w.words, '') AS source
FROM (
    SELECT DISTINCT ON (s.org_unit_id, s.period, s.form)
        s.submission_id,
        s.period,
        s.year
    FROM core.submission AS s
    WHERE s.scope = :scope AND s.year <= :year AND s.recorded_at <= :known_at
    ORDER BY s.org_unit_id, s.period, s.form, s.version DESC
) AS k
INNER JOIN core.period AS p ON k.period = p.period
INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
INNER JOIN core.data_element AS e ON o.data_element_id = e.data_element_id
LEFT JOIN fix AS f
    ON o.org_unit_id = f.org_unit_id AND o.data_element_id = f.data_element_id AND k.period = f.period
LEFT JOIN core.report_text AS d
    ON k.submission_id = d.submission_id AND o.org_unit_id = d.org_unit_id AND d.code = e.code || cast(:as_of AS text)
LEFT JOIN core.report_text AS w
    ON k.submission_id = w.submission_id AND o.org_unit_id = w.org_unit_id AND w.code = e.code || cast(:source AS text)
WHERE
    o.org_unit_id = :org_unit_id
    AND e.code = any(cast(:elements AS text[]))
    AND coalesce(f.state, o.state) IN ('value', 'zero', 'estimated')
ORDER BY e.code, p.ends_on DESC, k.submission_id DESC;
