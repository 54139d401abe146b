-- One page of findings, those of the last files first.
SELECT
    f.delivery_id,
    f.scope,
    f.form,
    f.unit_code,
    f.period,
    f.code,
    f.level,
    f.message,
    f.hint,
    f.sheet,
    f.cell,
    f.value,
    d.received_at,
    coalesce(o.unit_name, f.unit_code) AS unit_name
FROM out.finding AS f
INNER JOIN out.delivery AS d ON f.delivery_id = d.delivery_id
LEFT JOIN out.current_submission AS s ON f.delivery_id = s.delivery_id
LEFT JOIN out.unit_status AS o
    ON f.scope = o.scope AND f.form = o.form AND f.unit_code = o.unit_code AND f.period = o.period
WHERE
    (:scope = '' OR f.scope = :scope)
    AND (:period = '' OR f.period = :period)
    AND (:code = '' OR f.code = :code)
    AND (:unit = '' OR f.unit_code = :unit)
    AND (
        :shown = 'all'
        OR (:shown = 'waiting' AND f.level = 'confirm' AND s.submission_id IS NOT NULL)
        OR (:shown = 'refused' AND f.level = 'refuse')
    )
ORDER BY d.received_at DESC, f.delivery_id DESC, f.position
LIMIT :size OFFSET :start;
