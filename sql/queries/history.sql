-- What a unit reported in the quarters of a year, as known now. Grain: (org unit, data element, quarter).
SELECT
    u.code AS org_unit_code,
    e.code AS data_element,
    p.number AS quarter,
    o.value
FROM (
    SELECT DISTINCT ON (s.org_unit_id, s.period, s.form)
        s.submission_id,
        s.period,
        s.year
    FROM core.submission AS s
    INNER JOIN core.org_unit AS r ON s.org_unit_id = r.org_unit_id
    WHERE r.code = :unit AND s.year = :year
    ORDER BY s.org_unit_id, s.period, s.form, s.version DESC
) AS k
INNER JOIN core.period AS p ON k.period = p.period
INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
INNER JOIN core.org_unit AS u ON o.org_unit_id = u.org_unit_id
INNER JOIN core.data_element AS e ON o.data_element_id = e.data_element_id
WHERE p.kind = 'quarter' AND o.state IN ('value', 'zero', 'estimated')
ORDER BY k.submission_id;
