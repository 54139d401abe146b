-- One page of the units that were computed against a plan, as they were computed: the area with its units, or agencies.
-- Grain: (unit).
SELECT
    unit_code,
    count(*) OVER () AS found
FROM out.attainment
WHERE scope = :scope AND period = :period AND plan = :plan AND of_agency = :of_agency
GROUP BY unit_code
ORDER BY min(position)
LIMIT :size OFFSET :start;
