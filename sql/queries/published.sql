-- The last published value of each element for each of some units, not later than a year. Grain: (unit, data element).
SELECT DISTINCT ON (r.org_unit_id, e.code)
    r.org_unit_id,
    e.code AS data_element,
    r.period,
    r.value,
    r.state::text AS state,
    r.submission_id,
    r.correction,
    coalesce(d.words, '') AS as_of,
    coalesce(w.words, '') AS source
FROM core.reading(:scope, :known_at, cast(:agreed AS jsonb)) AS r
INNER JOIN core.period AS p ON r.period = p.period
INNER JOIN core.data_element AS e ON r.data_element_id = e.data_element_id
LEFT JOIN core.report_text AS d
    ON r.submission_id = d.submission_id AND r.org_unit_id = d.org_unit_id AND d.code = e.code || cast(:as_of AS text)
LEFT JOIN core.report_text AS w
    ON r.submission_id = w.submission_id AND r.org_unit_id = w.org_unit_id AND w.code = e.code || cast(:source AS text)
WHERE
    r.org_unit_id = any(cast(:units AS integer[]))
    AND r.year <= :year
    AND e.code = any(cast(:elements AS text[]))
    AND r.state IN ('value', 'zero', 'estimated')
ORDER BY r.org_unit_id, e.code, p.ends_on DESC, r.submission_id DESC;
