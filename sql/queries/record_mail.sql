INSERT INTO ops.mail (mail, attempt, step, address, message_id, said, settled_by)
VALUES (:mail, :attempt, :step, :address, :message_id, :said, :settled_by);
