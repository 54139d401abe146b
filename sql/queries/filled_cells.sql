-- How many cells of each data element the version in force has something in: all states but missing.
-- Grain: (reporting unit, form, data element).
SELECT
    u.code AS unit_code,
    u.valid_from,
    k.form,
    e.code AS data_element,
    count(*) AS filled
FROM core.submission_in_force(:scope, :known_at) AS k
INNER JOIN core.org_unit AS u ON k.org_unit_id = u.org_unit_id
INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
INNER JOIN core.data_element AS e ON o.data_element_id = e.data_element_id
WHERE k.period = :period AND o.state <> 'missing'
GROUP BY u.code, u.valid_from, k.form, e.code
ORDER BY u.code, u.valid_from, k.form, e.code;
