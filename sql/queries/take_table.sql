-- The verdict on a table of others that a person took in: it is accepted, and says nothing of itself.
INSERT INTO ops.verdict (
    delivery_id, accepted, scope, refusals, confirmations, notes, judged_by, recorded_at
)
VALUES (:delivery, TRUE, :scope, 0, 0, 0, :judged_by, clock_timestamp());
