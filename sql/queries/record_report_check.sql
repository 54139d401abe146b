INSERT INTO ops.report_check (report_id, known_at)
SELECT
    max(report_id) AS report_id,
    cast(:known_at AS timestamptz) AS known_at
FROM ops.report
WHERE
    scope = :scope AND plan = :plan AND cadence = :cadence AND audience = :audience AND period = :period
    AND kind = 'report';
