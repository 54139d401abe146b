INSERT INTO ops.event (kind, delivery_id, detail)
VALUES (:kind, :delivery_id, cast(:detail AS jsonb))
RETURNING event_id;
