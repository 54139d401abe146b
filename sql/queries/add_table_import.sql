-- A decision on a table of others, with its forms and cells (JSON). Gives its number.
WITH made AS (
    INSERT INTO ops.table_import (delivery_id, decision, scope, layout, form, period, sheet, decided_by, reason)
    VALUES (:delivery, :decision, :scope, :layout, :form, :period, :sheet, :decided_by, :reason)
    RETURNING import_id
),

forms AS (
    INSERT INTO ops.imported_form (import_id, unit_code, sha256)
    SELECT
        m.import_id,
        f.unit_code,
        f.sha256
    FROM made AS m
    CROSS JOIN jsonb_to_recordset(cast(:forms AS jsonb)) AS f (unit_code text, sha256 text)
),

cells AS (
    INSERT INTO ops.imported_cell (import_id, unit_code, data_element, cell, written)
    SELECT
        m.import_id,
        c.unit_code,
        c.data_element,
        c.cell,
        c.written
    FROM made AS m
    CROSS JOIN jsonb_to_recordset(cast(:cells AS jsonb)) AS c (
        unit_code text, data_element text, cell text, written text
    )
)

SELECT import_id FROM made;
