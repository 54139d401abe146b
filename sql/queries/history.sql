-- What units reported in the quarters of a year, as known now, by the reporters named.
-- Grain: (org unit, data element, quarter).
SELECT DISTINCT ON (o.org_unit_id, o.data_element_id, p.number)
    o.org_unit_id,
    e.code AS data_element,
    p.number AS quarter,
    o.value
FROM core.submission_in_force(NULL, 'infinity') AS k
INNER JOIN core.period AS p ON k.period = p.period
INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
INNER JOIN core.data_element AS e ON o.data_element_id = e.data_element_id
WHERE
    k.org_unit_id = any(cast(:reporters AS integer[]))
    AND k.year = :year
    AND p.kind = 'quarter'
    AND o.state IN ('value', 'zero', 'estimated')
    AND o.org_unit_id = any(cast(:units AS integer[]))
ORDER BY o.org_unit_id, o.data_element_id, p.number, k.submission_id DESC;
