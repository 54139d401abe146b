-- A content, once for ever.
INSERT INTO ops.content (sha256, size, packed)
VALUES (:sha256, :size, :packed)
ON CONFLICT (sha256) DO NOTHING;
