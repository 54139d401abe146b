-- The issued forms that some units owe, the last deadline first, with what became of them.
SELECT
    s.scope,
    s.form,
    s.unit_code,
    s.unit_name,
    s.period,
    s.due_on,
    s.state
FROM out.unit_status AS s
WHERE
    s.unit_code = any(cast(:units AS text[]))
    AND EXISTS (
        SELECT 1 FROM ops.event AS e
        WHERE
            e.kind = 'issued'
            AND e.detail ->> 'scope' = s.scope
            AND e.detail ->> 'period' = s.period
            AND coalesce(e.detail ->> 'unit', s.unit_code) = s.unit_code
    )
ORDER BY s.due_on DESC, s.unit_code, s.form;
