-- The last computation of a period, for some units. Grain: (plan, item, unit), in plan order.
SELECT
    a.plan,
    a.item,
    a.period,
    a.unit_code,
    a.value,
    a.operator,
    a.target,
    a.target_period,
    a.status,
    a.progress,
    a.progress_class,
    a.as_of,
    a.reason,
    a.known_at,
    t.title,
    t.heading,
    t.clause,
    t.decimals,
    t.unit_written,
    t.baseline_period,
    t.baseline_value
FROM out.attainment AS a
LEFT JOIN out.target AS t ON a.plan = t.plan AND a.item = t.item
WHERE
    a.scope = :scope
    AND a.period = :period
    AND a.plan = :plan
    AND a.unit_code = any(cast(:units AS text[]))
ORDER BY a.position;
