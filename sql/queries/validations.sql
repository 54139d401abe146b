-- Every validation that says something of a scope's period, the oldest first: of its views, and of chunks that held
-- one of its workbooks. `deliveries` are those of its workbooks that were in the chunk.
WITH of_period AS (
    SELECT
        d.validation_run_id,
        jsonb_agg(
            jsonb_build_object(
                'delivery_id', d.delivery_id, 'name', i.original_name, 'unit', v.unit_code,
                'received_at', i.received_at, 'accepted', v.accepted
            )
            ORDER BY i.received_at, d.delivery_id
        ) AS deliveries
    FROM ops.validated_delivery AS d
    INNER JOIN ops.verdict AS v ON d.delivery_id = v.delivery_id
    INNER JOIN ops.delivery AS i ON d.delivery_id = i.delivery_id
    WHERE v.scope = :scope AND v.period = :period
    GROUP BY d.validation_run_id
)

SELECT
    r.validation_run_id,
    r.recorded_at,
    r.judged_by,
    x.suite,
    x.row_count,
    x.outcomes,
    coalesce(p.deliveries, '[]') AS deliveries
FROM ops.validation_run AS r
INNER JOIN ops.validation AS x ON r.validation_run_id = x.validation_run_id
LEFT JOIN of_period AS p ON r.validation_run_id = p.validation_run_id
WHERE (r.scope = :scope AND r.period = :period) OR p.validation_run_id IS NOT NULL
ORDER BY r.validation_run_id, x.suite;
