-- Drafts and published documents, the last first; `is_last` where no newer draft of the same kind replaced it.
SELECT
    *,
    count(*) OVER () AS found
FROM (
    SELECT
        report_id,
        kind,
        scope,
        plan,
        cadence,
        audience,
        period,
        known_at,
        drafted_at,
        decision,
        decided_by,
        decided_at,
        reason,
        published_at,
        row_number() OVER (PARTITION BY scope, plan, cadence, audience, period, kind ORDER BY report_id DESC) = 1
            AS is_last
    FROM out.report_document
) AS d
WHERE
    (:scope = '' OR scope = :scope)
    AND (:period = '' OR period = :period)
    AND (
        :shown = 'all'
        OR (:shown = 'waiting' AND report_id IN (SELECT report_id FROM out.open_question))
        OR (:shown = 'published' AND published_at IS NOT NULL)
    )
ORDER BY report_id DESC
LIMIT :size OFFSET :start;
