INSERT INTO ops.report (
    scope, plan, cadence, audience, period, snapshot_id, known_at, files, templates, kind, corrects_report_id, states
)
VALUES (
    :scope,
    :plan,
    :cadence,
    :audience,
    :period,
    :snapshot_id,
    :known_at,
    cast(:files AS jsonb),
    :templates,
    'correction',
    :corrects_report_id, :states
)
RETURNING report_id;
