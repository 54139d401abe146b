-- What was found, by code; `waiting` is what a unit has still to explain: to confirm, in the version in force.
SELECT
    f.code,
    f.level,
    count(*) AS findings,
    count(DISTINCT f.unit_code) AS units,
    count(*) FILTER (WHERE f.level = 'confirm' AND s.submission_id IS NOT NULL) AS waiting
FROM out.finding AS f
LEFT JOIN out.current_submission AS s ON f.delivery_id = s.delivery_id
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
GROUP BY f.code, f.level
ORDER BY count(*) DESC, f.code;
