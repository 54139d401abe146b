-- Where deliveries came from and by what they were judged.
SELECT
    d.delivery_id,
    d.sha256,
    d.original_name,
    d.folder,
    d.received_at,
    v.recorded_at AS decided_at,
    v.judged_by,
    v.refusals,
    v.confirmations,
    v.notes
FROM ops.delivery AS d
INNER JOIN ops.verdict AS v ON d.delivery_id = v.delivery_id
WHERE d.delivery_id = any(cast(:deliveries AS integer[]));
