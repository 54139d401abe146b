-- The last number that each cell of a scope's period ever held in a version on record, as known at a moment.
-- Grain: (org unit, data element). Who asks compares it with what the cell says now.
SELECT DISTINCT ON (o.org_unit_id, o.data_element_id)
    o.org_unit_id,
    o.data_element_id,
    o.value
FROM core.submission AS s
INNER JOIN core.observation AS o ON s.submission_id = o.submission_id AND s.year = o.year
WHERE
    s.scope = any((SELECT core.scope_line(:scope))::text[])
    AND s.period = :period
    AND s.recorded_at <= :known_at
    AND o.state IN ('value', 'zero', 'estimated')
ORDER BY o.org_unit_id, o.data_element_id, s.submission_id DESC;
