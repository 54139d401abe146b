-- The last workbook of each form of a period that was refused, and its first finding that refuses. Grain: (unit, form).
SELECT DISTINCT ON (v.unit_code, v.form)
    v.unit_code,
    v.form,
    d.received_at,
    v.refusals,
    coalesce(
        (
            SELECT f.message
            FROM ops.finding AS f
            WHERE f.delivery_id = v.delivery_id AND f.level = 'refuse'
            ORDER BY f.position
            LIMIT 1
        ),
        ''
    ) AS reason
FROM ops.verdict AS v
INNER JOIN ops.delivery AS d ON v.delivery_id = d.delivery_id
WHERE NOT v.accepted AND v.period = :period
ORDER BY v.unit_code, v.form, d.received_at DESC, v.delivery_id DESC;
