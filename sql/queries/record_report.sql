INSERT INTO ops.report (scope, plan, cadence, period, snapshot_id, known_at, files)
VALUES (:scope, :plan, :cadence, :period, :snapshot_id, :known_at, cast(:files AS jsonb))
RETURNING report_id;
