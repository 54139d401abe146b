-- Scopes' periods whose last computation did not see everything it rests on, oldest first.
SELECT
    scope,
    period
FROM out.stale_period
ORDER BY period, scope;
