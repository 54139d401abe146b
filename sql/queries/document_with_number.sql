-- The document of an office that has a number in a year; none where the number is free.
SELECT report_id
FROM ops.registration
WHERE
    scope = :scope
    AND symbol = :symbol
    AND number = :number
    AND extract(YEAR FROM signed_on) = :year;
