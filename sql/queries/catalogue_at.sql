-- The catalogue that was in force at a moment.
SELECT
    sha256,
    recorded_at
FROM ops.catalogue_version
WHERE recorded_at <= :known_at
ORDER BY catalogue_version_id DESC
LIMIT 1;
