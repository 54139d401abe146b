-- Whether something has been recognised, by the last word on it not later than a year. Grain: (data element).
SELECT DISTINCT ON (e.code)
    e.code AS data_element,
    max(r.value) >= 1 AS recognised
FROM core.reading(:scope, :known_at, cast(:agreed AS jsonb)) AS r
INNER JOIN core.period AS p ON r.period = p.period
INNER JOIN core.data_element AS e ON r.data_element_id = e.data_element_id
WHERE
    r.year <= :year
    AND e.code = any(cast(:elements AS text[]))
    AND r.state IN ('value', 'zero', 'estimated')
GROUP BY e.code, p.ends_on
ORDER BY e.code, p.ends_on DESC;
