-- Cells in which a version of a unit's form differs from the version before it; at most so many.
WITH seen AS (
    SELECT
        version,
        sheet,
        cell,
        org_unit_name,
        data_element_name,
        state,
        value,
        lag(version) OVER earlier AS old_version,
        lag(state) OVER earlier AS old_state,
        lag(value) OVER earlier AS old_value
    FROM out.observation
    WHERE scope = :scope AND form = :form AND reporter_code = :unit AND period = :period AND year = :year
    WINDOW earlier AS (PARTITION BY org_unit_code, data_element, sheet ORDER BY version)
)

SELECT
    version,
    sheet,
    cell,
    org_unit_name,
    data_element_name,
    old_state,
    old_value,
    state AS new_state,
    value AS new_value
FROM seen
WHERE version = old_version + 1 AND (state <> old_state OR value IS DISTINCT FROM old_value)
ORDER BY version DESC, sheet, cell
LIMIT :size;
