-- What stands at a moment in the cells that corrections speak of, and since when each correction is on record.
SELECT
    n.correction,
    a.agreed_at,
    c.submission_id,
    c.version,
    c.recorded_at,
    c.state::text AS state,
    c.value
FROM
    unnest(
        cast(:corrections AS text[]), cast(:units AS integer[]), cast(:elements AS integer[]), cast(:periods AS text[])
    ) AS n (correction, org_unit_id, data_element_id, period)
INNER JOIN (
    SELECT
        x.correction,
        min(v.recorded_at) AS agreed_at
    FROM core.correction_version AS x
    INNER JOIN ops.catalogue_version AS v ON x.catalogue_version_id = v.catalogue_version_id
    GROUP BY x.correction
) AS a ON n.correction = a.correction AND a.agreed_at <= :known_at
LEFT JOIN LATERAL (
    SELECT
        k.submission_id,
        k.version,
        k.recorded_at,
        o.state,
        o.value
    FROM core.submission_in_force(:scope, :known_at) AS k
    INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
    WHERE k.period = n.period AND o.org_unit_id = n.org_unit_id AND o.data_element_id = n.data_element_id
    ORDER BY k.submission_id DESC
    LIMIT 1
) AS c ON TRUE
ORDER BY n.correction;
