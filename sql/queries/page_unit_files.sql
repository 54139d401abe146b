-- Every file that came for a unit's form of a period, the last first.
SELECT
    delivery_id,
    sha256,
    original_name,
    folder,
    received_at,
    state,
    version,
    refusals,
    confirmations,
    notes,
    cells_read
FROM out.delivery
WHERE scope = :scope AND form = :form AND unit_code = :unit AND period = :period
ORDER BY received_at DESC, delivery_id DESC;
