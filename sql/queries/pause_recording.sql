-- Waits until nobody is in the middle of recording; then the time is one that no later commit reaches back past.
SELECT pg_advisory_lock(:lock);
