INSERT INTO ops.sign_off (report_id, decision, decided_by, decided_at, reason, files, snapshot_id)
VALUES (:report_id, :decision, :decided_by, :decided_at, :reason, cast(:files AS jsonb), :snapshot_id);
