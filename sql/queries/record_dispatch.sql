INSERT INTO ops.dispatch (report_id, recipient, channel, address, message_id, files)
VALUES (:report_id, :recipient, :channel, :address, :message_id, cast(:files AS jsonb));
