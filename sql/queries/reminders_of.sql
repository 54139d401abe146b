-- What units of a scope were reminded of on a day.
SELECT
    detail ->> 'unit' AS unit,
    detail ->> 'subject' AS subject,
    detail ->> 'text' AS words
FROM ops.event
WHERE kind = 'reminded' AND detail ->> 'scope' = :scope AND detail ->> 'day' = :day
ORDER BY event_id;
