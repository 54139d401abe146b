INSERT INTO ops.report (scope, plan, cadence, audience, period, snapshot_id, known_at, files, templates)
VALUES (
    :scope, :plan, :cadence, :audience, :period, :snapshot_id, :known_at, cast(:files AS jsonb), :templates
)
RETURNING report_id;
