SELECT min(year) AS year FROM core.submission
WHERE scope = :scope AND recorded_at <= :known_at;
