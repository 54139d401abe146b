SELECT
    code,
    valid_from,
    valid_to,
    org_unit_id
FROM core.current_org_unit
ORDER BY position;
