-- How the last attempt at each message stands: its last step. Grain: a message.
SELECT DISTINCT ON (mail)
    mail,
    attempt,
    step,
    address,
    message_id,
    said,
    settled_by,
    recorded_at
FROM ops.mail
WHERE
    (cast(:mails AS text[]) IS NULL OR mail = any(cast(:mails AS text[])))
    AND (cast(:message_id AS text) IS NULL OR message_id = :message_id)
ORDER BY mail, attempt DESC, mail_step_id DESC;
