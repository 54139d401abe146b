-- The cells of tables of others that deliveries of ours were made of, the last import first.
SELECT DISTINCT ON (d.delivery_id, c.unit_code, c.data_element)
    d.delivery_id,
    c.unit_code,
    c.data_element,
    o.original_name,
    o.sha256,
    i.sheet,
    c.cell,
    c.written,
    i.decided_by
FROM ops.delivery AS d
INNER JOIN ops.imported_form AS f ON d.sha256 = f.sha256 AND d.folder = f.unit_code
INNER JOIN ops.imported_cell AS c ON f.import_id = c.import_id AND f.unit_code = c.unit_code
INNER JOIN ops.table_import AS i ON f.import_id = i.import_id
INNER JOIN ops.delivery AS o ON i.delivery_id = o.delivery_id
WHERE d.delivery_id = any(cast(:deliveries AS integer[]))
ORDER BY d.delivery_id, c.unit_code, c.data_element, i.import_id DESC;
