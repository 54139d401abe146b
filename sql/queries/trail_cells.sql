-- Every version of some cells that was on record at a moment, newest first, with the delivery each came by.
SELECT
    s.submission_id,
    s.delivery_id,
    s.form,
    s.period,
    s.version,
    s.recorded_at,
    r.code AS reporter,
    u.code AS org_unit_code,
    u.valid_from AS org_unit_from,
    e.code AS data_element,
    o.state::text AS state,
    o.value,
    o.sheet,
    o.cell,
    coalesce(o.raw, o.value::text, '') AS raw
FROM core.submission AS s
INNER JOIN core.org_unit AS r ON s.org_unit_id = r.org_unit_id
INNER JOIN core.observation AS o ON s.submission_id = o.submission_id AND s.year = o.year
INNER JOIN core.org_unit AS u ON o.org_unit_id = u.org_unit_id
INNER JOIN core.data_element AS e ON o.data_element_id = e.data_element_id
WHERE
    s.scope = any(core.scope_line(:scope))
    AND s.recorded_at <= :known_at
    AND s.period = any(cast(:periods AS text[]))
    AND e.code = any(cast(:elements AS text[]))
ORDER BY s.submission_id DESC;
