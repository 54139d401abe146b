SELECT
    submission_id,
    form,
    reporter_code,
    org_unit_code,
    data_element,
    state::text AS state,
    value
FROM out.observation
WHERE scope = :scope AND period = :period AND year = :year AND is_current;
