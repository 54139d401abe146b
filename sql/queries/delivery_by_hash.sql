-- The last delivery of a content in a folder, and whether a taking of it was registered already.
SELECT
    d.delivery_id,
    d.sha256,
    d.size,
    d.original_name,
    d.folder,
    d.received_at,
    (
        SELECT count(*)
        FROM ops.delivery AS k
        INNER JOIN ops.event AS e ON k.delivery_id = e.delivery_id
        WHERE k.sha256 = d.sha256 AND k.folder = d.folder AND e.detail ->> 'taking' = :taking
    ) > 0 AS is_registered
FROM ops.delivery AS d
WHERE d.sha256 = :sha256 AND d.folder = :folder
ORDER BY d.attempt DESC
LIMIT 1;
