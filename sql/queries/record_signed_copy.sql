INSERT INTO ops.signed_copy (report_id, name, sha256, published_sha256, signatures, attached_by)
VALUES (:report_id, :file_name, :sha256, :published_sha256, cast(:signatures AS jsonb), :attached_by);
