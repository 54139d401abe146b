-- Forms of a period that came and were refused, by what they said of themselves. Grain: (unit, form).
SELECT DISTINCT
    v.unit_code,
    v.form
FROM ops.verdict AS v
WHERE NOT v.accepted AND v.period = :period AND v.recorded_at <= :known_at;
