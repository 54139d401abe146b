-- Everything some units said of some elements, up to a day, as known at a moment. Grain: (unit, element, period).
SELECT DISTINCT ON (r.org_unit_id, r.data_element_id, r.period)
    r.org_unit_id,
    e.code AS data_element,
    r.period,
    r.state IN ('value', 'zero', 'estimated') AS counted,
    r.value
FROM core.reading(:scope, :known_at, cast(:agreed AS jsonb)) AS r
INNER JOIN core.period AS p ON r.period = p.period
INNER JOIN core.data_element AS e ON r.data_element_id = e.data_element_id
WHERE
    p.ends_on <= :until
    AND r.year >= :since
    AND p.kind IN ('quarter', 'year')
    AND r.org_unit_id = any(cast(:units AS integer[]))
    AND e.code = any(cast(:elements AS text[]))
ORDER BY r.org_unit_id, r.data_element_id, r.period, r.submission_id DESC;
