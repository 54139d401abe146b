-- Recorded time: moves on inside a transaction, and is the server's, not the caller's.
SELECT clock_timestamp() AS now;
