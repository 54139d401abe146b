-- Periods announced, or computed by hand, within so many minutes: what follows from it may not have ended yet.
SELECT period
FROM ops.announcement
WHERE recorded_at > clock_timestamp() - make_interval(mins => cast(:minutes AS integer))
UNION
SELECT period
FROM plan.attainment_run
WHERE geography IS NULL AND known_at > clock_timestamp() - make_interval(mins => cast(:minutes AS integer));
