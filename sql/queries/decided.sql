SELECT delivery_id FROM ops.verdict
WHERE delivery_id = any(cast(:deliveries AS integer[]));
