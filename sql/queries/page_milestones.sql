-- A plan's milestones. Grain: (item, position).
SELECT
    item,
    period,
    written,
    operator,
    value
FROM out.milestone
WHERE plan = :plan AND value IS NOT NULL
ORDER BY item, position;
