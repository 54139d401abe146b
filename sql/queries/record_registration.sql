INSERT INTO ops.registration (report_id, scope, symbol, number, signed_on, authority, signer)
VALUES (:report_id, :scope, :symbol, :number, :signed_on, cast(:authority AS jsonb), :signer);
