-- Tables that others issued and no person has decided on, the oldest first.
SELECT
    d.delivery_id,
    d.folder,
    d.original_name,
    d.received_at
FROM out.delivery AS d
WHERE
    d.state = 'pending'
    AND EXISTS (SELECT 1 FROM out.event AS e WHERE e.delivery_id = d.delivery_id AND e.kind = 'import_waits')
ORDER BY d.received_at, d.delivery_id;
