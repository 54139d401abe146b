-- Words of a kind (task., note.) that units gave for a period. Grain: (reporting unit, code).
SELECT
    u.code AS unit_code,
    t.code,
    t.words
FROM (
    SELECT DISTINCT ON (s.org_unit_id, s.form)
        s.submission_id,
        s.org_unit_id
    FROM core.submission AS s
    WHERE s.scope = :scope AND s.period = :period AND s.recorded_at <= :known_at
    ORDER BY s.org_unit_id, s.form, s.version DESC
) AS k
INNER JOIN core.org_unit AS u ON k.org_unit_id = u.org_unit_id
INNER JOIN core.report_text AS t ON k.submission_id = t.submission_id
WHERE starts_with(t.code, :prefix)
ORDER BY u.code, t.code;
