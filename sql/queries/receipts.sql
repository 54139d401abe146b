SELECT
    v.delivery_id,
    v.accepted,
    s.submission_id,
    coalesce(s.version, 0) AS version,
    coalesce(v.unit_code, '') AS unit_code,
    coalesce(v.period, '') AS period,
    coalesce(v.form, '') AS form
FROM ops.verdict AS v
LEFT JOIN core.submission AS s ON v.delivery_id = s.delivery_id
WHERE v.delivery_id = any(cast(:deliveries AS integer[]))
ORDER BY v.delivery_id;
