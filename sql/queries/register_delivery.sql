-- A content that came in a folder; nothing when it is known, or when this very taking was registered already. Taken
-- anew: what was accepted and replaced since, what was refused under other rules or before the unit's other reports
-- changed, and what comes after something of its folder that nobody has decided on yet.
INSERT INTO ops.delivery (sha256, size, original_name, folder, attempt, received_at)
SELECT
    :sha256,
    :size,
    :original_name,
    :folder,
    coalesce(d.attempt, 0) + 1 AS attempt,
    :received_at
FROM (SELECT 1 AS asked) AS a
LEFT JOIN (
    SELECT
        delivery_id,
        attempt
    FROM ops.delivery
    WHERE sha256 = :sha256 AND folder = :folder
    ORDER BY attempt DESC
    LIMIT 1
) AS d ON a.asked = 1
LEFT JOIN ops.verdict AS v ON d.delivery_id = v.delivery_id
WHERE
    (
        d.delivery_id IS NULL
        OR (
            v.accepted AND NOT EXISTS (
                SELECT 1
                FROM core.submission AS s
                INNER JOIN ops.delivery AS c ON s.delivery_id = c.delivery_id
                LEFT JOIN core.submission AS n
                    ON
                        s.org_unit_id = n.org_unit_id
                        AND s.period = n.period
                        AND s.form = n.form
                        AND s.version + 1 = n.version
                WHERE c.sha256 = :sha256 AND c.folder = :folder AND n.submission_id IS NULL
            )
        )
        OR (
            NOT v.accepted AND (
                v.judged_by <> :judged_by
                OR EXISTS (
                    SELECT 1 FROM ops.verdict AS w
                    WHERE w.unit_code = v.unit_code AND w.accepted AND w.recorded_at > v.recorded_at
                )
            )
        )
        OR EXISTS (
            SELECT 1
            FROM ops.delivery AS p
            LEFT JOIN ops.verdict AS w ON p.delivery_id = w.delivery_id
            WHERE p.folder = :folder AND p.delivery_id > d.delivery_id AND w.delivery_id IS NULL
        )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM ops.delivery AS k
        INNER JOIN ops.event AS e ON k.delivery_id = e.delivery_id
        WHERE k.sha256 = :sha256 AND k.folder = :folder AND e.detail ->> 'taking' = :taking
    )
ON CONFLICT (sha256, folder, attempt) DO NOTHING
RETURNING delivery_id, sha256, size, original_name, folder, received_at;
