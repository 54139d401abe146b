-- What units reported for other periods, as known now: one row per submission, its numbers as lists in the same order.
-- Grain: (unit, period, form). Asked for many units at once: a unit is its code and the first day it bore it.
SELECT
    w.code AS unit,
    k.period,
    array_agg(o.org_unit_id ORDER BY o.org_unit_id, o.data_element_id) AS units,
    array_agg(o.data_element_id ORDER BY o.org_unit_id, o.data_element_id) AS elements,
    array_agg(cast(o.value AS double precision) ORDER BY o.org_unit_id, o.data_element_id) AS numbers
FROM
    unnest(cast(:units AS text[]), cast(:valid_from AS date[]), cast(:periods AS text[]))
        AS w (code, valid_from, period)
INNER JOIN core.org_unit AS u ON w.code = u.code AND w.valid_from = u.valid_from
CROSS JOIN
    LATERAL (
        SELECT s.*
        FROM core.submission_in_force(NULL, 'infinity') AS s
        WHERE s.org_unit_id = u.org_unit_id AND s.period = w.period
    ) AS k
INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
WHERE o.state IN ('value', 'zero', 'estimated')
GROUP BY w.code, k.period, k.submission_id;
