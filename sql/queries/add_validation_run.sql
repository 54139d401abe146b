INSERT INTO ops.validation_run (scope, period, judged_by)
VALUES (:scope, :period, :judged_by)
RETURNING validation_run_id;
