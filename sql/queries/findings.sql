SELECT
    delivery_id,
    code,
    level,
    message,
    hint,
    sheet,
    cell,
    value,
    org_unit_code,
    data_element,
    compared
FROM ops.finding
WHERE delivery_id = any(cast(:deliveries AS integer[]))
ORDER BY delivery_id, position;
