INSERT INTO ops.sign_off_question (report_id, run)
VALUES (:report_id, :run);
