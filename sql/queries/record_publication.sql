INSERT INTO ops.publication (report_id, folder, files)
VALUES (:report_id, :folder, cast(:files AS jsonb));
