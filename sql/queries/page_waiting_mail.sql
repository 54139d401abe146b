-- Messages that wait for a person, the oldest first.
SELECT
    mail,
    step,
    address,
    message_id,
    said,
    recorded_at
FROM out.mail
WHERE step IN ('begun', 'unsure', 'refused')
ORDER BY recorded_at;
