-- Which runs have asked about a document, the last first.
SELECT q.run
FROM ops.sign_off_question AS q
WHERE q.report_id = :report_id
ORDER BY q.question_id DESC;
