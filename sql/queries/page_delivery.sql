-- A file by its number.
SELECT
    delivery_id,
    sha256,
    original_name,
    folder,
    state,
    decided_at,
    form,
    period
FROM out.delivery
WHERE delivery_id = :delivery;
