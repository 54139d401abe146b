-- A unit's form of a period. Grain: one row, or none where the unit does not owe it.
SELECT
    unit_name,
    due_on,
    state,
    version,
    received_at
FROM out.board
WHERE scope = :scope AND form = :form AND unit_code = :unit AND period = :period;
