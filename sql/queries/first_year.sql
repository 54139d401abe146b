SELECT min(year) AS year FROM core.submission
WHERE scope = any(core.scope_line(:scope)) AND recorded_at <= :known_at;
