-- Runs that failed within so many days, each once: the last time its tasks were named.
SELECT DISTINCT ON (e.detail ->> 'dag', e.detail ->> 'run')
    e.detail,
    e.recorded_at
FROM ops.event AS e
WHERE e.kind = 'run_failed' AND e.recorded_at > clock_timestamp() - make_interval(days => cast(:days AS integer))
ORDER BY e.detail ->> 'dag', e.detail ->> 'run', e.event_id DESC;
