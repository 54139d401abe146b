-- Versions that came on record after one moment and not after another, oldest first, each with the one before it.
SELECT
    v.submission_id,
    v.previous_id,
    v.delivery_id,
    v.form,
    v.period,
    v.version,
    v.recorded_at,
    r.code AS reporter,
    d.sha256,
    d.original_name,
    d.folder,
    d.received_at
FROM (
    SELECT
        s.*,
        lag(s.submission_id) OVER (PARTITION BY s.org_unit_id, s.period, s.form ORDER BY s.version) AS previous_id
    FROM core.submission AS s
    WHERE s.scope = any(core.scope_line(:scope)) AND s.period = any(cast(:periods AS text[]))
) AS v
INNER JOIN core.org_unit AS r ON v.org_unit_id = r.org_unit_id
INNER JOIN ops.delivery AS d ON v.delivery_id = d.delivery_id
WHERE v.recorded_at > :from_time AND v.recorded_at <= :to_time
ORDER BY v.submission_id;
