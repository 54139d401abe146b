-- Whether something has been recognised, by the last word on it not later than a year. Grain: (data element).
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
    max(CASE WHEN f.correction IS NULL THEN o.value ELSE f.value END) >= 1 AS recognised
FROM (
    SELECT DISTINCT ON (s.org_unit_id, s.period, s.form)
        s.submission_id,
        s.year,
        s.period
    FROM core.submission AS s
    WHERE s.scope = :scope AND s.year <= :year AND s.recorded_at <= :known_at
    ORDER BY s.org_unit_id, s.period, s.form, s.version DESC
) AS k
INNER JOIN core.period AS p ON k.period = p.period
INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
INNER JOIN core.data_element AS e ON o.data_element_id = e.data_element_id
LEFT JOIN fix AS f
    ON o.org_unit_id = f.org_unit_id AND o.data_element_id = f.data_element_id AND k.period = f.period
WHERE e.code = any(cast(:elements AS text[])) AND coalesce(f.state, o.state) IN ('value', 'zero', 'estimated')
GROUP BY e.code, p.ends_on
ORDER BY e.code, p.ends_on DESC;
