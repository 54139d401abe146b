-- Whether a message of the mailbox was taken before.
SELECT count(*) > 0 AS is_known
FROM ops.event
WHERE kind = 'mail_taken' AND detail ->> 'message' = :message;
