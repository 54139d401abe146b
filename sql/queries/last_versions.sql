-- The highest version so far of each (unit, period, form) asked for.
SELECT
    s.org_unit_id,
    s.period,
    s.form,
    max(s.version) AS version
FROM core.submission AS s
INNER JOIN
    unnest(cast(:units AS integer[]), cast(:periods AS text[]), cast(:forms AS text[])) AS w (org_unit_id, period, form)
    ON s.org_unit_id = w.org_unit_id AND s.period = w.period AND s.form = w.form
GROUP BY s.org_unit_id, s.period, s.form;
