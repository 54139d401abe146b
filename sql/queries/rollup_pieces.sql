-- What a roll-up's sums are made of: how each owed cell of each leaf stands, and the readings that it stands on.
-- Grain: (leaf, data element, unit that owed it, period). Where nothing stands, whatever was owed.
SELECT
    v.leaf_id,
    e.code AS data_element,
    v.is_own,
    v.state::text AS state,
    CASE WHEN v.state IN ('value', 'estimated') THEN v.value END AS value,
    v.months,
    s.org_unit_id,
    s.period,
    s.weight,
    r.submission_id,
    r.state::text AS taken_state,
    r.value AS taken_value
FROM core.standing(:scope, :known_at, cast(:agreed AS jsonb), cast(:owed AS jsonb)) AS v
INNER JOIN core.data_element AS e ON v.data_element_id = e.data_element_id
INNER JOIN core.owed_slot(cast(:owed AS jsonb)) AS s ON v.leaf_id = s.leaf_id
INNER JOIN core.owed_cell(cast(:owed AS jsonb)) AS c ON s.cells = c.cells AND v.data_element_id = c.data_element_id
LEFT JOIN core.owed_reading(:scope, :known_at, cast(:agreed AS jsonb), cast(:owed AS jsonb)) AS r
    ON s.org_unit_id = r.org_unit_id AND v.data_element_id = r.data_element_id AND s.period = r.period
WHERE v.state = 'missing' OR v.is_own = (s.period = cast(cast(:owed AS jsonb) ->> 'own' AS integer))
ORDER BY s.period, s.org_unit_id;
