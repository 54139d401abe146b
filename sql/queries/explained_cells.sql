-- What senders said of findings to confirm, by delivery.
SELECT
    delivery_id,
    code,
    org_unit_code,
    data_element,
    value,
    words
FROM ops.explanation
WHERE delivery_id = any(cast(:deliveries AS integer[]))
ORDER BY delivery_id, code, org_unit_code, data_element, value;
