-- Waits for every key in the order given, until the transaction ends.
SELECT pg_advisory_xact_lock(:space, k.key)
FROM unnest(cast(:keys AS integer[])) WITH ORDINALITY AS k (key, place)
ORDER BY k.place;
