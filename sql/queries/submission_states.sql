-- The version in force of each unit's form for a period, and the day the first one came. Grain: (unit, form).
SELECT DISTINCT ON (s.org_unit_id, s.form)
    s.org_unit_id,
    s.form,
    s.version,
    first_value(d.received_at) OVER (PARTITION BY s.org_unit_id, s.form ORDER BY s.version) AS first_received_at,
    v.confirmations,
    v.notes
FROM core.submission AS s
INNER JOIN ops.delivery AS d ON s.delivery_id = d.delivery_id
INNER JOIN ops.verdict AS v ON s.delivery_id = v.delivery_id
WHERE s.scope = :scope AND s.period = :period AND s.recorded_at <= :known_at
ORDER BY s.org_unit_id, s.form, s.version DESC;
