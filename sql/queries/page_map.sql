-- A target's last computation for every unit of a scope. Grain: (unit), as they were computed.
SELECT
    a.unit_code,
    a.value,
    a.status
FROM out.attainment AS a
WHERE a.scope = :scope AND a.period = :period AND a.plan = :plan AND a.item = :item
ORDER BY a.position;
