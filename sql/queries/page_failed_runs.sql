-- The last runs of DAGs that failed, with the tasks that did.
SELECT
    detail,
    recorded_at
FROM out.event
WHERE kind = 'run_failed'
ORDER BY event_id DESC
LIMIT :size;
