-- What a unit sent through any door since a moment, and the bytes since another.
SELECT
    count(*) FILTER (WHERE recorded_at > :count_since) AS uploads,
    coalesce(sum(cast(detail ->> 'size' AS bigint)) FILTER (WHERE recorded_at > :bytes_since), 0) AS size
FROM ops.event
WHERE kind = 'door_uploaded' AND detail ->> 'unit' = :unit;
