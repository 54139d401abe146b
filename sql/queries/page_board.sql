-- One page of a period's units × forms, with the last file that came for each.
WITH page AS (
    SELECT
        scope,
        form,
        unit_code,
        unit_name,
        period,
        due_on,
        state,
        version,
        received_at,
        confirmations,
        notes
    FROM out.board
    WHERE
        scope = :scope
        AND period = :period
        AND (:form = '' OR form = :form)
        AND (:search = '' OR searched_name LIKE '%' || :search || '%' OR unit_code LIKE :search || '%')
        AND (:state = '' OR state = :state)
    ORDER BY unit_name, unit_code, form
    LIMIT :size OFFSET :start
)

SELECT
    page.*,
    l.delivery_id,
    l.state AS last_state,
    l.received_at AS last_received_at,
    l.refusals AS last_refusals
FROM page
LEFT JOIN LATERAL (
    SELECT
        d.delivery_id,
        d.state,
        d.received_at,
        d.refusals
    FROM out.delivery AS d
    WHERE d.unit_code = page.unit_code AND d.period = page.period AND d.form = page.form
    ORDER BY d.received_at DESC, d.delivery_id DESC
    LIMIT 1
) AS l ON TRUE
ORDER BY page.unit_name, page.unit_code, page.form;
