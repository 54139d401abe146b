-- A data element over a scope's whole area, added up from the stored cells without any view.
SELECT
    e.code AS data_element,
    sum(o.value) AS stored
FROM core.submission_in_force(:scope, 'infinity') AS s
INNER JOIN core.observation AS o ON s.submission_id = o.submission_id
INNER JOIN core.data_element AS e ON o.data_element_id = e.data_element_id
WHERE s.period = :period AND o.year = :year AND o.value IS NOT NULL
GROUP BY e.code;
