-- Periods of a scope whose forms were issued to every unit.
SELECT DISTINCT detail ->> 'period' AS period
FROM ops.event
WHERE kind = 'issued' AND detail ->> 'scope' = :scope AND detail ->> 'unit' IS NULL;
