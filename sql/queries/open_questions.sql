-- What people have to decide on, the first asked first.
SELECT w.report_id
FROM out.open_question AS w
ORDER BY w.asked;
