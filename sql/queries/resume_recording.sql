-- Lets recording go on.
SELECT pg_advisory_unlock(:lock);
