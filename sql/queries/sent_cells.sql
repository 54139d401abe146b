-- What a scope's units say of one period by its own forms, agreed corrections applied, as known at a moment.
-- Grain: (org unit, data element). What was never reported is not in it.
SELECT DISTINCT ON (r.org_unit_id, r.data_element_id)
    r.org_unit_id,
    r.data_element_id,
    coalesce(r.correction, '') AS correction,
    r.state,
    r.value
FROM core.reading(:scope, :known_at, cast(:agreed AS jsonb)) AS r
WHERE r.period = :period
ORDER BY r.org_unit_id, r.data_element_id, r.submission_id DESC;
