-- What was never opened, the last first.
SELECT
    detail,
    recorded_at
FROM out.event
WHERE kind = 'quarantined'
ORDER BY event_id DESC
LIMIT :size;
