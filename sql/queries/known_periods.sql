-- What units reported for other periods, as known now: one row per submission, its numbers as lists in one order.
-- Grain: (unit, period, form). Asked for many units at once: a unit is its code and the first day it bore it.
SELECT
    k.code AS unit,
    k.period,
    string_agg(o.org_unit_id::text, ',') AS units,
    string_agg(o.data_element_id::text, ',') AS elements,
    string_agg(o.value::text, ',') AS numbers
FROM (
    SELECT DISTINCT ON (s.org_unit_id, s.period, s.form)
        u.code,
        s.submission_id,
        s.period,
        s.year
    FROM
        unnest(cast(:units AS text[]), cast(:valid_from AS date[]), cast(:periods AS text[])) AS w (
            code, valid_from, period
        )
    INNER JOIN core.org_unit AS u ON w.code = u.code AND w.valid_from = u.valid_from
    INNER JOIN core.submission AS s ON u.org_unit_id = s.org_unit_id AND w.period = s.period
    ORDER BY s.org_unit_id, s.period, s.form, s.version DESC
) AS k
INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
WHERE o.state IN ('value', 'zero', 'estimated')
GROUP BY k.code, k.period, k.submission_id;
