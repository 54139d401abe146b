-- A foreign key asks row by row, and words came to cost more than all numbers of a workbook. As for
-- observations, a whole COPY is checked at once.

ALTER TABLE core.report_text
DROP CONSTRAINT report_text_submission_id_fkey,
DROP CONSTRAINT report_text_org_unit_id_fkey;

CREATE FUNCTION core.check_report_texts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM (SELECT DISTINCT a.submission_id FROM added AS a) AS a
        LEFT JOIN core.submission AS s ON a.submission_id = s.submission_id
        WHERE s.submission_id IS NULL
    ) OR EXISTS (
        SELECT 1
        FROM (SELECT DISTINCT a.org_unit_id FROM added AS a) AS a
        LEFT JOIN core.org_unit AS u ON a.org_unit_id = u.org_unit_id
        WHERE u.org_unit_id IS NULL
    ) THEN
        RAISE EXCEPTION 'a text belongs to no submission or unit'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER report_text_keys AFTER INSERT ON core.report_text
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION core.check_report_texts();
