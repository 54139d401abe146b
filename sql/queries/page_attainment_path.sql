-- The area's figures of a plan through time. Grain: (item, period).
SELECT
    item,
    period,
    value
FROM out.attainment
WHERE scope = :scope AND plan = :plan AND unit_code = :unit AND value IS NOT NULL
ORDER BY item, period;
