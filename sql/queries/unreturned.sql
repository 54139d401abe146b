-- Verdicts that the sender has not been told of, or has asked about again by sending the same file; with the
-- version made, the one before it and the last one. Of some deliveries, or of all.
SELECT
    d.delivery_id,
    d.sha256,
    d.size,
    d.original_name,
    d.folder,
    d.received_at,
    v.accepted,
    v.scope,
    v.form,
    v.form_version,
    v.unit_code,
    v.period,
    v.recorded_at,
    s.submission_id,
    s.version,
    b.submission_id AS previous_id,
    (
        SELECT max(l.version)
        FROM core.submission AS l
        INNER JOIN core.org_unit AS u ON l.org_unit_id = u.org_unit_id
        WHERE u.code = v.unit_code AND l.period = v.period AND l.form = v.form
    ) AS standing_version,
    (
        SELECT count(*) FROM ops.event AS k
        WHERE
            k.delivery_id = v.delivery_id
            AND k.kind = 'duplicate'
            AND NOT EXISTS (
                SELECT 1 FROM ops.event AS r
                WHERE r.delivery_id = k.delivery_id AND r.kind = 'returned' AND r.event_id > k.event_id
            )
    ) > 0 AS is_known
FROM ops.verdict AS v
INNER JOIN ops.delivery AS d ON v.delivery_id = d.delivery_id
LEFT JOIN core.submission AS s ON v.delivery_id = s.delivery_id
LEFT JOIN core.submission AS b
    ON
        s.org_unit_id = b.org_unit_id
        AND s.period = b.period
        AND s.form = b.form
        AND s.version - 1 = b.version
WHERE
    (:of_all OR v.delivery_id = any(cast(:deliveries AS integer[])))
    AND NOT EXISTS (
        SELECT 1 FROM ops.event AS e
        WHERE
            e.delivery_id = v.delivery_id
            AND e.kind = 'returned'
            AND NOT EXISTS (
                SELECT 1 FROM ops.event AS a
                WHERE a.delivery_id = e.delivery_id AND a.kind = 'duplicate' AND a.event_id > e.event_id
            )
    )
ORDER BY d.received_at, d.delivery_id;
