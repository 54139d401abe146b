-- The last version so far of each (unit, period, form) asked for, and its content.
SELECT
    s.org_unit_id,
    s.period,
    s.form,
    s.version,
    d.sha256
FROM core.submission_in_force(NULL, 'infinity') AS s
INNER JOIN
    unnest(cast(:units AS integer[]), cast(:periods AS text[]), cast(:forms AS text[])) AS w (org_unit_id, period, form)
    ON s.org_unit_id = w.org_unit_id AND s.period = w.period AND s.form = w.form
INNER JOIN ops.delivery AS d ON s.delivery_id = d.delivery_id;
