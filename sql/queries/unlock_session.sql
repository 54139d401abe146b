-- Lets the others go on.
SELECT pg_advisory_unlock(:lock);
