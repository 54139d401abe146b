-- What is read from outside: who owes what, and what units said in words.

-- Grain: (scope, form, unit, period) that is owed.
CREATE VIEW out.unit_status AS
SELECT
    e.scope,
    e.form,
    e.unit_code,
    u.name AS unit_name,
    e.period,
    p.kind AS period_kind,
    e.due_on,
    CASE WHEN s.submission_id IS NOT NULL THEN 'accepted' WHEN r.unit_code IS NOT NULL THEN 'refused' ELSE 'silent' END
        AS state,
    s.version,
    f.received_at,
    v.confirmations,
    v.notes
FROM core.current_expected AS e
INNER JOIN core.period AS p ON e.period = p.period
INNER JOIN core.current_org_unit AS u
    ON e.unit_code = u.code AND p.ends_on >= u.valid_from AND p.ends_on <= coalesce(u.valid_to, 'infinity')
LEFT JOIN out.current_submission AS s
    ON e.scope = s.scope AND e.form = s.form AND e.unit_code = s.unit_code AND e.period = s.period
LEFT JOIN ops.verdict AS v ON s.delivery_id = v.delivery_id
LEFT JOIN (
    SELECT
        a.scope,
        a.form,
        a.unit_code,
        a.period,
        min(d.received_at) AS received_at
    FROM ops.verdict AS a
    INNER JOIN ops.delivery AS d ON a.delivery_id = d.delivery_id
    WHERE a.accepted
    GROUP BY a.scope, a.form, a.unit_code, a.period
) AS f ON e.scope = f.scope AND e.form = f.form AND e.unit_code = f.unit_code AND e.period = f.period
LEFT JOIN (
    SELECT DISTINCT
        form,
        unit_code,
        period
    FROM ops.verdict
    WHERE NOT accepted
) AS r ON e.form = r.form AND e.unit_code = r.unit_code AND e.period = r.period;

-- Grain: as out.unit_status. `state` also tells what was never issued, and that a file of the unit waits for its check.
CREATE VIEW out.board AS
SELECT
    s.scope,
    s.form,
    s.unit_code,
    s.unit_name,
    s.period,
    s.period_kind,
    s.due_on,
    CASE
        WHEN s.state <> 'silent' THEN s.state
        WHEN s.unit_code IN (SELECT d.folder FROM out.delivery AS d WHERE d.state = 'pending') THEN 'received'
        WHEN
            (s.scope, s.period) IN (
                SELECT
                    e.detail ->> 'scope' AS scope,
                    e.detail ->> 'period' AS period
                FROM ops.event AS e
                WHERE e.kind = 'issued' AND e.detail ->> 'unit' IS NULL
            )
            OR (s.scope, s.period, s.unit_code) IN (
                SELECT
                    e.detail ->> 'scope' AS scope,
                    e.detail ->> 'period' AS period,
                    e.detail ->> 'unit' AS unit_code
                FROM ops.event AS e
                WHERE e.kind = 'issued' AND e.detail ->> 'unit' IS NOT NULL
            )
            THEN 'silent'
        ELSE 'not_issued'
    END AS state,
    s.version,
    s.received_at,
    s.confirmations,
    s.notes,
    -- Lower case without marks, so that a name is found however it is typed.
    translate(
        regexp_replace(normalize(lower(s.unit_name), NFD), '[\u0300-\u036f]', '', 'g'), 'đ', 'd'  -- noqa: CP02, RF03
    ) AS searched_name
FROM out.unit_status AS s;

-- Grain: (plan, task, reporting unit, period, form), as known now.
CREATE VIEW out.task_report AS
SELECT
    t.scope,
    t.form,
    t.reporter_code AS unit_code,
    t.period,
    t.part[1] AS plan,
    t.part[2] AS task,
    coalesce(max(t.words) FILTER (WHERE t.part[3] = 'state'), '') AS stated,
    coalesce(max(t.words) FILTER (WHERE t.part[3] = 'date'), '') AS done_on,
    coalesce(max(t.words) FILTER (WHERE t.part[3] = 'remark'), '') AS remark
FROM (
    SELECT
        *,
        regexp_match(code, '^task\.([^.]+)\.(.+)\.(state|date|remark)$') AS part
    FROM out.report_text
    WHERE is_current AND starts_with(code, 'task.')
) AS t
GROUP BY t.scope, t.form, t.reporter_code, t.period, t.part[1], t.part[2];

-- Grain: (reporting unit, period, form, number), as known now.
CREATE VIEW out.note_report AS
SELECT
    t.scope,
    t.form,
    t.reporter_code AS unit_code,
    t.period,
    t.part[1]::integer AS number,
    coalesce(max(t.words) FILTER (WHERE t.part[2] = 'difficulty'), '') AS difficulty,
    coalesce(max(t.words) FILTER (WHERE t.part[2] = 'cause'), '') AS cause,
    coalesce(max(t.words) FILTER (WHERE t.part[2] = 'proposal'), '') AS proposal,
    coalesce(max(t.words) FILTER (WHERE t.part[2] = 'level'), '') AS level
FROM (
    SELECT
        *,
        regexp_match(code, '^note\.([0-9]+)\.(difficulty|cause|proposal|level)$') AS part
    FROM out.report_text
    WHERE is_current AND starts_with(code, 'note.')
) AS t
GROUP BY t.scope, t.form, t.reporter_code, t.period, t.part[1];
