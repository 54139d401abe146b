-- Messages that were taken of a registered address and not answered yet, oldest first.
SELECT
    t.event_id,
    t.recorded_at,
    t.detail
FROM ops.event AS t
WHERE
    t.kind = 'mail_taken'
    AND t.detail ->> 'outcome' = 'taken'
    AND NOT EXISTS (
        SELECT 1 FROM ops.event AS a
        WHERE a.kind = 'mail_answered' AND a.detail ->> 'message' = t.detail ->> 'message'
    )
ORDER BY t.event_id;
