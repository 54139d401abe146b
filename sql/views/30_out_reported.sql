-- What is read from outside: deliveries, findings, submissions and their cells.

-- Grain: one version of a unit's form for a period; known from recorded_at until superseded_at.
CREATE VIEW out.submission AS
SELECT
    s.submission_id,
    s.delivery_id,
    s.scope,
    s.form,
    s.form_version,
    u.code AS unit_code,
    u.name AS unit_name,
    s.period,
    s.year,
    s.version,
    s.recorded_at,
    lead(s.recorded_at) OVER later AS superseded_at,
    lead(s.submission_id) OVER later IS NULL AS is_current
FROM core.submission AS s
INNER JOIN core.latest_org_unit AS u ON s.org_unit_id = u.org_unit_id
WINDOW later AS (PARTITION BY s.org_unit_id, s.period, s.form ORDER BY s.version);

CREATE VIEW out.current_submission AS
SELECT
    submission_id,
    delivery_id,
    scope,
    form,
    form_version,
    unit_code,
    unit_name,
    period,
    year,
    version,
    recorded_at
FROM out.submission
WHERE is_current;

-- Grain: one content that ever arrived.
CREATE VIEW out.delivery AS
SELECT
    d.delivery_id,
    d.sha256,
    d.size,
    d.original_name,
    d.folder,
    d.received_at,
    d.archived_path,
    CASE WHEN v.accepted THEN 'accepted' WHEN NOT v.accepted THEN 'refused' ELSE 'pending' END AS state,
    v.scope,
    v.form,
    v.unit_code,
    v.period,
    s.version,
    v.refusals,
    v.confirmations,
    v.notes,
    v.recorded_at AS decided_at,
    l.cells_read,
    l.numbers_loaded,
    l.texts_loaded,
    l.cells_left_out
FROM ops.delivery AS d
LEFT JOIN ops.verdict AS v ON d.delivery_id = v.delivery_id
LEFT JOIN ops.load AS l ON d.delivery_id = l.delivery_id
LEFT JOIN core.submission AS s ON d.delivery_id = s.delivery_id;

CREATE VIEW out.event AS
SELECT
    event_id,
    kind,
    delivery_id,
    detail,
    recorded_at
FROM ops.event;

CREATE VIEW out.finding AS
SELECT
    f.delivery_id,
    v.scope,
    v.form,
    v.unit_code,
    v.period,
    f.position,
    f.code,
    f.level,
    f.message,
    f.hint,
    f.sheet,
    f.cell,
    f.value,
    f.org_unit_code,
    f.data_element
FROM ops.finding AS f
INNER JOIN ops.verdict AS v ON f.delivery_id = v.delivery_id;

CREATE VIEW out.report AS
SELECT
    report_id,
    scope,
    plan,
    cadence,
    audience,
    period,
    snapshot_id,
    known_at,
    files,
    recorded_at
FROM ops.report;

-- Grain: one input cell of one version. Filter by year where you can: cells lie together by year.
CREATE VIEW out.observation AS
SELECT
    s.submission_id,
    s.delivery_id,
    s.scope,
    s.form,
    s.unit_code AS reporter_code,
    s.period,
    o.year,
    s.version,
    s.is_current,
    s.recorded_at,
    s.superseded_at,
    u.code AS org_unit_code,
    u.name AS org_unit_name,
    u.parent AS org_unit_parent,
    e.code AS data_element,
    e.name AS data_element_name,
    e.kind,
    e.unit,
    o.state,
    o.value,
    o.sheet,
    o.cell,
    coalesce(o.raw, o.value::text, '') AS raw
FROM core.observation AS o
INNER JOIN out.submission AS s ON o.submission_id = s.submission_id
INNER JOIN core.latest_org_unit AS u ON o.org_unit_id = u.org_unit_id
INNER JOIN core.latest_data_element AS e ON o.data_element_id = e.data_element_id;

CREATE VIEW out.report_text AS
SELECT
    s.submission_id,
    s.delivery_id,
    s.scope,
    s.form,
    s.unit_code AS reporter_code,
    s.period,
    s.version,
    s.is_current,
    u.code AS org_unit_code,
    t.code,
    t.state,
    t.words,
    t.sheet,
    t.cell
FROM core.report_text AS t
INNER JOIN out.submission AS s ON t.submission_id = s.submission_id
INNER JOIN core.latest_org_unit AS u ON t.org_unit_id = u.org_unit_id;
