INSERT INTO plan.attainment_run (scope, period, snapshot_id, known_at, content, same_as)
VALUES (:scope, :period, :snapshot_id, :known_at, :content, :same_as)
RETURNING run_id;
