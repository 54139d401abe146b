-- What units reported in the quarters of a year, as known now, by the reporters named.
-- Grain: (org unit, data element, quarter).
SELECT DISTINCT ON (o.org_unit_id, o.data_element_id, p.number)
    o.org_unit_id,
    e.code AS data_element,
    p.number AS quarter,
    o.value
FROM (
    SELECT DISTINCT ON (s.org_unit_id, s.period, s.form)
        s.submission_id,
        s.period,
        s.year
    FROM core.submission AS s
    WHERE s.org_unit_id = any(cast(:reporters AS integer[])) AND s.year = :year
    ORDER BY s.org_unit_id, s.period, s.form, s.version DESC
) AS k
INNER JOIN core.period AS p ON k.period = p.period
INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
INNER JOIN core.data_element AS e ON o.data_element_id = e.data_element_id
WHERE
    p.kind = 'quarter'
    AND o.state IN ('value', 'zero', 'estimated')
    AND o.org_unit_id = any(cast(:units AS integer[]))
ORDER BY o.org_unit_id, o.data_element_id, p.number, k.submission_id DESC;
