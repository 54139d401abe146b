-- What a scope's units say of one period by its own forms, agreed corrections applied, as known at a moment.
-- Grain: (org unit, data element). What was never reported is not in it.
WITH fix AS (
    SELECT
        f.correction,
        f.org_unit_id,
        f.data_element_id,
        f.period,
        f.state,
        f.value
    FROM
        unnest(
            cast(:fix_ids AS text[]),
            cast(:fix_units AS integer[]),
            cast(:fix_elements AS integer[]),
            cast(:fix_periods AS text[]),
            cast(:fix_states AS core.cell_state[]),
            cast(:fix_values AS numeric[])
        ) AS f (correction, org_unit_id, data_element_id, period, state, value)
)

SELECT DISTINCT ON (o.org_unit_id, o.data_element_id)
    o.org_unit_id,
    o.data_element_id,
    coalesce(f.correction, '') AS correction,
    coalesce(f.state, o.state) AS state,
    CASE WHEN f.correction IS NULL THEN o.value ELSE f.value END AS value
FROM (
    SELECT DISTINCT ON (s.org_unit_id, s.form)
        s.submission_id,
        s.period,
        s.year
    FROM core.submission AS s
    WHERE s.scope = :scope AND s.period = :period AND s.recorded_at <= :known_at
    ORDER BY s.org_unit_id, s.form, s.version DESC
) AS k
INNER JOIN core.observation AS o ON k.submission_id = o.submission_id AND k.year = o.year
LEFT JOIN fix AS f
    ON o.org_unit_id = f.org_unit_id AND o.data_element_id = f.data_element_id AND k.period = f.period
ORDER BY o.org_unit_id, o.data_element_id, o.submission_id DESC;
