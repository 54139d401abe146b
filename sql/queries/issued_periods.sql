-- Periods of a scope whose forms were issued.
SELECT DISTINCT detail ->> 'period' AS period
FROM ops.event
WHERE kind = 'issued' AND detail ->> 'scope' = :scope;
