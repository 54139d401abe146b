SELECT
    delivery_id,
    sha256,
    size,
    original_name,
    folder,
    received_at
FROM ops.delivery
WHERE sha256 = :sha256 AND folder = :folder
ORDER BY attempt DESC
LIMIT 1;
