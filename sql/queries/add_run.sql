INSERT INTO plan.attainment_run (
    scope, period, snapshot_id, known_at, content, same_as, geography, series, release
)
VALUES (
    :scope, :period, :snapshot_id, :known_at, :content, :same_as, :geography, cast(:series AS jsonb), :release
)
RETURNING run_id;
