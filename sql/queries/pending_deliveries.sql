-- Deliveries nobody has decided on, oldest first.
SELECT
    d.delivery_id,
    d.sha256,
    d.size,
    d.original_name,
    d.folder,
    d.received_at
FROM ops.delivery AS d
LEFT JOIN ops.verdict AS v ON d.delivery_id = v.delivery_id
WHERE v.delivery_id IS NULL
ORDER BY d.received_at, d.delivery_id;
