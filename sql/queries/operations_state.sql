-- How the installation stands now, for whoever keeps it. Grain: one row. Ages in hours; null where there is nothing.
-- `installed` is the age of the oldest migration: what never happened is as old as that.
SELECT
    (
        SELECT extract(EPOCH FROM clock_timestamp() - min(m.applied_at)) / 3600
        FROM ops.migration AS m
    ) AS installed,
    (
        SELECT extract(EPOCH FROM clock_timestamp() - max(e.recorded_at)) / 3600
        FROM ops.event AS e
        WHERE e.kind = 'backed_up'
    ) AS backed_up,
    (
        SELECT extract(EPOCH FROM clock_timestamp() - max(e.recorded_at)) / 3600
        FROM ops.event AS e
        WHERE e.kind = 'backup_restored'
    ) AS backup_restored,
    (
        SELECT count(*)
        FROM ops.delivery AS d
        LEFT JOIN ops.verdict AS v ON d.delivery_id = v.delivery_id
        WHERE
            v.delivery_id IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM ops.event AS e WHERE e.delivery_id = d.delivery_id AND e.kind = 'import_waits'
            )
            AND d.recorded_at < clock_timestamp() - make_interval(mins => cast(:minutes AS integer))
    ) AS unread,
    (
        SELECT count(*)
        FROM ops.verdict AS v
        LEFT JOIN ops.event AS e ON v.delivery_id = e.delivery_id AND e.kind = 'returned'
        WHERE
            e.event_id IS NULL
            AND v.recorded_at < clock_timestamp() - make_interval(mins => cast(:minutes AS integer))
    ) AS unanswered,
    (
        SELECT count(*)
        FROM ops.verdict AS v
        WHERE v.accepted
    ) AS accepted,
    (
        SELECT count(*)
        FROM ops.verdict AS v
        WHERE NOT v.accepted
    ) AS refused,
    (
        SELECT count(*)
        FROM ops.event AS e
        WHERE e.kind = 'quarantined'
    ) AS quarantined,
    (
        SELECT count(*)
        FROM out.open_question
    ) AS waiting_approvals,
    (
        SELECT max(extract(EPOCH FROM e.recorded_at - d.recorded_at))
        FROM ops.event AS e
        INNER JOIN ops.delivery AS d ON e.delivery_id = d.delivery_id
        WHERE e.kind = 'returned' AND e.recorded_at > clock_timestamp() - interval '1 hour'
    ) AS answer_seconds;
