-- The last change of each unit's account, for some units or for all.
SELECT DISTINCT ON (unit_code, valid_from)
    account_id,
    unit_code,
    valid_from,
    change,
    secret_hash,
    changed_by,
    recorded_at
FROM ops.unit_account
WHERE cast(:codes AS text[]) IS NULL OR unit_code = any(:codes)
ORDER BY unit_code, valid_from, account_id DESC;
