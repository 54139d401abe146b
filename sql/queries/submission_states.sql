-- The version in force of each unit's form for a period, and the day the first one came. Grain: (unit, form).
SELECT
    s.org_unit_id,
    s.form,
    s.version,
    f.received_at AS first_received_at,
    v.confirmations,
    v.notes
FROM core.submission_in_force(:scope, :known_at) AS s
INNER JOIN ops.verdict AS v ON s.delivery_id = v.delivery_id
CROSS JOIN
    LATERAL (
        SELECT d.received_at
        FROM core.submission AS e
        INNER JOIN ops.delivery AS d ON e.delivery_id = d.delivery_id
        WHERE e.org_unit_id = s.org_unit_id AND e.period = s.period AND e.form = s.form AND e.scope = :scope
        ORDER BY e.version
        LIMIT 1
    ) AS f
WHERE s.period = :period
ORDER BY s.org_unit_id, s.form;
