-- One row per content and folder; nothing when it is known already. What was refused under other rules is taken anew.
INSERT INTO ops.delivery (sha256, size, original_name, folder, attempt, received_at)
SELECT
    :sha256,
    :size,
    :original_name,
    :folder,
    coalesce(max(d.attempt), 0) + 1 AS attempt,
    :received_at
FROM ops.delivery AS d
LEFT JOIN ops.verdict AS v ON d.delivery_id = v.delivery_id
WHERE d.sha256 = :sha256 AND d.folder = :folder
HAVING count(d.delivery_id) = 0 OR bool_and(coalesce(NOT v.accepted AND v.judged_by <> :judged_by, FALSE))
ON CONFLICT (sha256, folder, attempt) DO NOTHING
RETURNING delivery_id, sha256, size, original_name, folder, received_at;
