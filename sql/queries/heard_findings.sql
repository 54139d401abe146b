-- Every delivery of a scope's units for some periods, with what was found in it, in the order they were judged.
-- Grain: (delivery, finding); a delivery without findings has one row whose code is null.
SELECT
    v.delivery_id,
    v.unit_code,
    v.form,
    v.period,
    v.accepted,
    f.code,
    f.level,
    f.message,
    f.hint,
    f.sheet,
    f.cell,
    f.value,
    f.org_unit_code,
    f.data_element
FROM ops.verdict AS v
LEFT JOIN ops.finding AS f ON v.delivery_id = f.delivery_id
WHERE
    v.scope = :scope
    AND v.period = any(cast(:periods AS text[]))
    AND v.recorded_at <= :known_at
    AND v.unit_code IS NOT NULL
    AND v.form IS NOT NULL
ORDER BY v.recorded_at, v.delivery_id, f.position;
