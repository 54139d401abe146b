INSERT INTO ops.unit_account (unit_code, valid_from, change, secret_hash, changed_by)
VALUES (:unit_code, :valid_from, :change, :secret_hash, :changed_by)
RETURNING account_id;
