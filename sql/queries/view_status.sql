SELECT
    form,
    unit_code
FROM out.unit_status
WHERE scope = :scope AND period = :period;
