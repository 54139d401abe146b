-- What was said of findings in earlier deliveries of the forms asked for, oldest first.
SELECT
    x.form,
    x.unit_code,
    x.period,
    x.code,
    x.org_unit_code,
    x.data_element,
    x.value,
    x.words
FROM ops.explanation AS x
INNER JOIN
    unnest(cast(:forms AS text[]), cast(:units AS text[]), cast(:periods AS text[])) AS w (form, unit_code, period)
    ON x.form = w.form AND x.unit_code = w.unit_code AND x.period = w.period
ORDER BY x.delivery_id;
