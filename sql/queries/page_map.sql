-- A target's last computation for every unit of a scope but agencies, which are no parts of its area. Grain: (unit), as
-- they were computed.
SELECT
    a.item,
    a.unit_code,
    a.value,
    a.status
FROM out.attainment AS a
WHERE a.scope = :scope AND a.period = :period AND a.plan = :plan AND a.item = :item AND NOT a.of_agency
ORDER BY a.position;
