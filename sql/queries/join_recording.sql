-- Whoever writes recorded times holds this together with the others until its commit.
SELECT pg_advisory_xact_lock_shared(:lock);
