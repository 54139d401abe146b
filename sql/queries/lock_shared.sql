-- Held together with the others that share it, until the transaction ends.
SELECT pg_advisory_xact_lock_shared(:lock);
