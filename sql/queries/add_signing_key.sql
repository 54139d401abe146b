INSERT INTO ops.signing_key (key_id, public_key) VALUES (:key_id, :public_key)
ON CONFLICT (key_id) DO NOTHING;
