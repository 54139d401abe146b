-- One row per content; nothing when the content is known already.
INSERT INTO ops.delivery (sha256, size, original_name, folder, received_at)
VALUES (:sha256, :size, :original_name, :folder, :received_at)
ON CONFLICT (sha256) DO NOTHING
RETURNING delivery_id, sha256, size, original_name, folder, received_at;
