-- More that happens: a deadline that passed, a reminder, and what becomes of a report after its draft.
ALTER TABLE ops.event
DROP CONSTRAINT event_kind_check,
ADD CONSTRAINT event_kind_check CHECK (
    kind IN (
        'issued', 'received', 'duplicate', 'quarantined', 'accepted', 'refused', 'returned', 'deadline_passed',
        'reminded', 'report_written', 'approved', 'sent_back', 'published', 'dispatched', 'correction_raised'
    )
);
