-- Whether something has been recognised, by the last word on it not later than a year. Grain: (data element).
SELECT DISTINCT ON (e.code)
    e.code AS data_element,
    max(o.value) >= 1 AS recognised
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
WHERE e.code = any(cast(:elements AS text[])) AND o.state IN ('value', 'zero', 'estimated')
GROUP BY e.code, p.ends_on
ORDER BY e.code, p.ends_on DESC;
