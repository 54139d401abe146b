-- Words of a kind (task., note.) that units gave for a period. Grain: (reporting unit, code).
SELECT
    u.code AS unit_code,
    t.code,
    t.words
FROM core.submission_in_force(:scope, :known_at) AS k
INNER JOIN core.org_unit AS u ON k.org_unit_id = u.org_unit_id
INNER JOIN core.report_text AS t ON k.submission_id = t.submission_id
WHERE k.period = :period AND starts_with(t.code, :prefix)
ORDER BY u.code, t.code;
