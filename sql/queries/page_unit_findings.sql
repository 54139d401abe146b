-- What was found in the files of a unit's form of a period.
SELECT
    delivery_id,
    code,
    level,
    message,
    hint,
    sheet,
    cell,
    value
FROM out.finding
WHERE scope = :scope AND form = :form AND unit_code = :unit AND period = :period
ORDER BY delivery_id, position;
