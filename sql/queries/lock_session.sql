-- Waits until nobody else holds a lock, shared or alone; held until it is unlocked or the connection ends.
SELECT pg_advisory_lock(:lock);
