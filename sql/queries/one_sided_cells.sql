-- What is owed of units that say "not applicable" of any of it, as it is taken. Grain: (unit, data element, period).
SELECT
    r.org_unit_id,
    r.data_element_id,
    e.code AS data_element,
    r.period,
    r.state::text AS state
FROM core.owed_reading(:scope, :known_at, cast(:agreed AS jsonb), cast(:owed AS jsonb)) AS r
INNER JOIN core.data_element AS e ON r.data_element_id = e.data_element_id
WHERE
    r.org_unit_id = any(array(
        SELECT x.org_unit_id
        FROM core.reading(:scope, :known_at, cast(:agreed AS jsonb)) AS x
        WHERE
            x.state = 'not_applicable'
            AND x.year = cast(cast(:owed AS jsonb) ->> 'year' AS smallint)
            AND x.period = any(cast(translate(cast(:owed AS jsonb) ->> 'periods', '[]', '{}') AS text[]))
            AND x.data_element_id = any(cast(translate(cast(:owed AS jsonb) ->> 'elements', '[]', '{}') AS integer[]))
    ));
