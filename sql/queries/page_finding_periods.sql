-- What was found, by period and level: over time. Grain: (period, level).
SELECT
    f.period,
    f.level,
    count(*) AS findings
FROM out.finding AS f
WHERE (:scope = '' OR f.scope = :scope) AND f.period IS NOT NULL
GROUP BY f.period, f.level
ORDER BY f.period, f.level;
