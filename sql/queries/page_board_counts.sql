-- How many units stand where, by form. Grain: (form, state).
SELECT
    form,
    state,
    count(*) AS units
FROM out.board
WHERE
    scope = :scope
    AND period = :period
    AND (:form = '' OR form = :form)
    AND (:search = '' OR searched_name LIKE '%' || :search || '%' OR unit_code LIKE :search || '%')
GROUP BY form, state
ORDER BY form, state;
