-- Cells that differ between two versions of a submission; a cell only one of them has differs too.
WITH cell AS (
    SELECT
        o.submission_id,
        u.code AS org_unit_code,
        e.code AS data_element,
        o.state::text AS state,
        o.value,
        '' AS words,
        o.sheet,
        o.cell
    FROM core.observation AS o
    INNER JOIN core.org_unit AS u ON o.org_unit_id = u.org_unit_id
    INNER JOIN core.data_element AS e ON o.data_element_id = e.data_element_id
    WHERE
        o.submission_id IN (:before_id, :after_id)
        AND o.year = (SELECT s.year FROM core.submission AS s WHERE s.submission_id = :after_id)
    UNION ALL
    SELECT
        t.submission_id,
        u.code AS org_unit_code,
        t.code AS data_element,
        t.state::text AS state,
        NULL AS value,
        t.words,
        t.sheet,
        t.cell
    FROM core.report_text AS t
    INNER JOIN core.org_unit AS u ON t.org_unit_id = u.org_unit_id
    WHERE t.submission_id IN (:before_id, :after_id)
),

earlier AS (SELECT * FROM cell WHERE submission_id = :before_id),

later AS (SELECT * FROM cell WHERE submission_id = :after_id)

SELECT
    coalesce(a.org_unit_code, b.org_unit_code) AS org_unit_code,
    coalesce(a.data_element, b.data_element) AS data_element,
    coalesce(a.sheet, b.sheet) AS sheet,
    coalesce(a.cell, b.cell) AS cell,
    coalesce(b.state, 'missing') AS state_before,
    b.value AS value_before,
    coalesce(b.words, '') AS words_before,
    coalesce(a.state, 'missing') AS state_after,
    a.value AS value_after,
    coalesce(a.words, '') AS words_after
FROM later AS a
FULL OUTER JOIN earlier AS b ON a.org_unit_code = b.org_unit_code AND a.data_element = b.data_element
WHERE
    (a.state, a.value, a.words) IS DISTINCT FROM (b.state, b.value, b.words)
    AND NOT (coalesce(a.state, 'missing') = 'missing' AND coalesce(b.state, 'missing') = 'missing')
ORDER BY sheet, org_unit_code, data_element;
