-- That a period was announced for computing and drafting. What is out of date a while after that is announced again.
CREATE TABLE ops.announcement (
    announcement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    period text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX announcement_of_period ON ops.announcement (period, recorded_at);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.announcement
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
