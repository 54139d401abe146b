-- What happened, oldest first; to one delivery, or of one kind, or all of it.
SELECT
    kind,
    delivery_id,
    detail,
    recorded_at
FROM ops.event
WHERE
    (cast(:kind AS text) IS NULL OR kind = :kind)
    AND (cast(:delivery_id AS integer) IS NULL OR delivery_id = :delivery_id)
ORDER BY event_id;
