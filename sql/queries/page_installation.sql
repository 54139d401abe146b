-- One row: the last backup and the last one restored for trial, the last migration, the server, files that wait.
SELECT
    (SELECT max(recorded_at) FROM out.event WHERE kind = 'backed_up') AS backed_up_at,
    (SELECT detail FROM out.event WHERE kind = 'backed_up' ORDER BY event_id DESC LIMIT 1) AS backup,
    (SELECT max(recorded_at) FROM out.event WHERE kind = 'backup_restored') AS restored_at,
    (
        SELECT lpad(m.number::text, 4, '0') || ' (' || m.name || ')'
        FROM out.migration AS m
        ORDER BY m.number DESC
        LIMIT 1
    ) AS migration,
    current_setting('server_version') AS server_version,
    pg_database_size(current_database()) AS database_size,
    (SELECT count(*) FROM out.delivery WHERE state = 'pending') AS files_waiting,
    (SELECT max(recorded_at) FROM out.event) AS last_event_at;
