-- Deliveries nobody has decided on, oldest first. `imports` asks for the tables of others, which wait for a person,
-- instead of those that intake may judge; `delivery` for one by its number.
SELECT
    d.delivery_id,
    d.sha256,
    d.size,
    d.original_name,
    d.folder,
    d.received_at
FROM ops.delivery AS d
LEFT JOIN ops.verdict AS v ON d.delivery_id = v.delivery_id
WHERE
    v.delivery_id IS NULL
    AND (cast(:delivery AS integer) IS NULL OR d.delivery_id = :delivery)
    AND :imports = EXISTS (
        SELECT 1 FROM ops.event AS e WHERE e.delivery_id = d.delivery_id AND e.kind = 'import_waits'
    )
ORDER BY d.received_at, d.delivery_id;
