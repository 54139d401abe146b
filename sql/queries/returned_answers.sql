-- The answers in some folders, the last received first; one where its delivery is given.
SELECT
    d.delivery_id,
    d.original_name,
    d.folder,
    d.received_at,
    v.accepted,
    (
        SELECT e.detail ->> 'file' FROM ops.event AS e
        WHERE e.delivery_id = d.delivery_id AND e.kind = 'returned'
        ORDER BY e.event_id DESC
        LIMIT 1
    ) AS answer
FROM ops.delivery AS d
INNER JOIN ops.verdict AS v ON d.delivery_id = v.delivery_id
WHERE
    d.folder = any(cast(:folders AS text[]))
    AND (cast(:delivery_id AS integer) IS NULL OR d.delivery_id = :delivery_id)
    AND EXISTS (SELECT 1 FROM ops.event AS k WHERE k.delivery_id = d.delivery_id AND k.kind = 'returned')
ORDER BY d.received_at DESC, d.delivery_id DESC
LIMIT :most;
