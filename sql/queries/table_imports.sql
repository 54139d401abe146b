-- What was taken in of tables of others, newest first; of all, or one by its number. `standing`: the units of which the
-- last version on record is this import's form, or which have sent none since.
SELECT
    i.import_id,
    i.delivery_id,
    i.decision,
    i.scope,
    i.layout,
    i.form,
    i.period,
    i.sheet,
    i.decided_by,
    i.reason,
    i.recorded_at,
    d.original_name,
    d.sha256,
    array(
        SELECT f.unit_code
        FROM ops.imported_form AS f
        WHERE f.import_id = i.import_id
        ORDER BY f.unit_code
    ) AS units,
    array(
        SELECT f.unit_code
        FROM ops.imported_form AS f
        INNER JOIN core.latest_org_unit AS u ON f.unit_code = u.code
        INNER JOIN core.submission_in_force(NULL, clock_timestamp()) AS s ON u.org_unit_id = s.org_unit_id
        INNER JOIN ops.delivery AS c ON s.delivery_id = c.delivery_id
        WHERE f.import_id = i.import_id AND s.period = i.period AND s.form = i.form AND c.sha256 = f.sha256
        ORDER BY f.unit_code
    ) AS standing
FROM ops.table_import AS i
INNER JOIN ops.delivery AS d ON i.delivery_id = d.delivery_id
WHERE cast(:import_id AS integer) IS NULL OR i.import_id = :import_id
ORDER BY i.import_id DESC;
