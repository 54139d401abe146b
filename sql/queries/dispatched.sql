-- Where published documents went. Grain: (document, recipient, channel).
SELECT
    report_id,
    recipient,
    channel
FROM ops.dispatch;
