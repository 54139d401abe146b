-- What a unit sent through a door, newest first; the intake's verdict and answer once they are there. One upload where
-- its number is given.
SELECT
    e.event_id,
    e.recorded_at,
    e.detail,
    r.delivery_id,
    v.accepted,
    r.detail ->> 'file' AS answer
FROM ops.event AS e
LEFT JOIN LATERAL (
    SELECT
        k.delivery_id,
        k.detail
    FROM ops.delivery AS d
    INNER JOIN ops.event AS k ON d.delivery_id = k.delivery_id
    WHERE
        d.sha256 = e.detail ->> 'sha256'
        AND d.folder = e.detail ->> 'folder'
        AND k.kind = 'returned'
        AND k.event_id > e.event_id
    ORDER BY k.event_id DESC
    LIMIT 1
) AS r ON TRUE
LEFT JOIN ops.verdict AS v ON r.delivery_id = v.delivery_id
WHERE
    e.kind = 'door_uploaded'
    AND e.detail ->> 'unit' = :unit
    AND (cast(:event_id AS bigint) IS NULL OR e.event_id = :event_id)
ORDER BY e.event_id DESC
LIMIT :most;
