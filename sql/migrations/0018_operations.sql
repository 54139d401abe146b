-- The kinds of events are rows, so that a new kind is one row; those that keeping house adds are here.
CREATE TABLE ops.event_kind (kind text PRIMARY KEY);

INSERT INTO ops.event_kind (kind)
SELECT k.kind
FROM unnest(ARRAY[
    'issued', 'received', 'duplicate', 'quarantined', 'accepted', 'refused', 'returned', 'deadline_passed', 'reminded',
    'report_written', 'approved', 'sent_back', 'published', 'dispatched', 'correction_raised',
    'run_failed', 'alerted', 'backed_up', 'backup_restored', 'archive_checked', 'housekept'
]) AS k (kind);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.event_kind
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

ALTER TABLE ops.event
DROP CONSTRAINT event_kind_check,
ADD CONSTRAINT event_kind_known FOREIGN KEY (kind) REFERENCES ops.event_kind (kind);

CREATE INDEX event_of_kind ON ops.event (kind, recorded_at);
