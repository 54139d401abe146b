-- A report's documents on record with what was decided and published, newest first: those of a report's key, one by
-- its number, or those with a file of a content, as drafted, as published or as it came back signed.
SELECT
    d.report_id,
    d.kind,
    d.corrects_report_id,
    d.states,
    d.scope,
    d.plan,
    d.cadence,
    d.audience,
    d.period,
    d.snapshot_id,
    d.known_at,
    d.drafted_files AS files,
    coalesce(d.decision, '') AS decision,
    coalesce(d.decided_by, '') AS decided_by,
    d.decided_at,
    coalesce(d.reason, '') AS reason,
    coalesce(d.folder, '') AS folder,
    coalesce(d.files, '{}') AS published,
    d.number,
    d.signed_on,
    d.authority,
    d.signer,
    coalesce(d.signed_copy, '') AS signed_copy,
    coalesce(d.signed_copy_sha256, '') AS signed_copy_sha256
FROM out.report_document AS d
WHERE
    (cast(:report_id AS integer) IS NULL OR d.report_id = :report_id)
    AND (cast(:scope AS text) IS NULL OR d.scope = :scope)
    AND (cast(:plan AS text) IS NULL OR d.plan = :plan)
    AND (cast(:cadence AS text) IS NULL OR d.cadence = :cadence)
    AND (cast(:audience AS text) IS NULL OR d.audience = :audience)
    AND (cast(:period AS text) IS NULL OR d.period = :period)
    AND (
        cast(:sha256 AS text) IS NULL
        OR EXISTS (SELECT 1 FROM jsonb_each_text(d.drafted_files) AS f (name, content) WHERE f.content = :sha256)
        OR EXISTS (SELECT 1 FROM ops.signed_copy AS o WHERE o.report_id = d.report_id AND o.sha256 = :sha256)
        OR EXISTS (SELECT 1 FROM jsonb_each_text(d.files) AS f (name, content) WHERE f.content = :sha256)
    )
ORDER BY d.report_id DESC;
