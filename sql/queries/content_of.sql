-- A content that was kept.
SELECT packed FROM ops.content WHERE sha256 = :sha256;
