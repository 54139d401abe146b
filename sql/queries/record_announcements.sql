INSERT INTO ops.announcement (period)
SELECT a.period
FROM unnest(cast(:periods AS text[])) AS a (period);
