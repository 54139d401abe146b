SELECT
    s.submission_id,
    s.delivery_id,
    s.form,
    s.unit_code,
    s.version,
    s.is_current,
    (s.recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS recorded_on,
    p.starts_on,
    d.cells_read,
    d.numbers_loaded + d.texts_loaded + d.cells_left_out AS cells_accounted,
    d.numbers_loaded
FROM out.submission AS s
INNER JOIN out.delivery AS d ON s.delivery_id = d.delivery_id
INNER JOIN core.period AS p ON s.period = p.period
WHERE s.scope = :scope AND s.period = :period;
