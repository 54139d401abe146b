-- A document with its draft's files, and the document before it of the same report.
SELECT
    d.report_id,
    d.kind,
    d.scope,
    d.plan,
    d.cadence,
    d.audience,
    d.period,
    d.snapshot_id,
    d.known_at,
    d.drafted_at,
    d.decision,
    d.decided_by,
    d.decided_at,
    d.reason,
    d.folder,
    d.files AS published,
    d.published_at,
    d.drafted_files AS drafted,
    b.report_id AS before_id,
    b.known_at AS before_known_at,
    b.decision AS before_decision,
    b.decided_by AS before_decided_by,
    b.reason AS before_reason,
    (
        SELECT max(x.report_id)
        FROM out.report_document AS x
        WHERE
            x.scope = d.scope AND x.plan = d.plan AND x.cadence = d.cadence AND x.audience = d.audience
            AND x.period = d.period AND x.kind = d.kind AND x.report_id > d.report_id
    ) AS newer_id
FROM out.report_document AS d
LEFT JOIN LATERAL (
    SELECT
        x.report_id,
        x.known_at,
        x.decision,
        x.decided_by,
        x.reason
    FROM out.report_document AS x
    WHERE
        x.scope = d.scope AND x.plan = d.plan AND x.cadence = d.cadence AND x.audience = d.audience
        AND x.period = d.period AND x.report_id < d.report_id
    ORDER BY x.report_id DESC
    LIMIT 1
) AS b ON TRUE
WHERE d.report_id = :report;
