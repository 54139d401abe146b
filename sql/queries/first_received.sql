-- When the first accepted version came of each unit's form for a period. Grain: (unit, form, period), those asked for.
SELECT
    w.code,
    w.valid_from,
    w.form,
    w.period,
    d.received_at
FROM
    unnest(cast(:units AS text[]), cast(:valid_from AS date[]), cast(:forms AS text[]), cast(:periods AS text[])) AS w (
        code, valid_from, form, period
    )
INNER JOIN core.org_unit AS u ON w.code = u.code AND w.valid_from = u.valid_from
INNER JOIN
    core.submission AS s
    ON u.org_unit_id = s.org_unit_id AND w.form = s.form AND w.period = s.period AND s.version = 1
INNER JOIN ops.delivery AS d ON s.delivery_id = d.delivery_id;
