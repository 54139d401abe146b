-- What senders say of findings to confirm. A value once explained stays explained in later versions of the same form
-- of the same unit and period; the last words count. Append-only, like everything in `ops`.

CREATE TABLE ops.explanation (
    delivery_id integer NOT NULL REFERENCES ops.verdict (delivery_id),
    form text NOT NULL,
    unit_code text NOT NULL,
    period text NOT NULL,
    code text NOT NULL,
    org_unit_code text NOT NULL,
    data_element text NOT NULL,
    value text NOT NULL,
    words text NOT NULL CHECK (words <> ''),
    PRIMARY KEY (delivery_id, code, org_unit_code, data_element, value)
);
CREATE INDEX explanation_of_form ON ops.explanation (unit_code, period, form);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.explanation
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
