-- The number of every unit there ever was, retired ones too: a catalogue of then may still have them.
SELECT
    code,
    valid_from,
    org_unit_id
FROM core.org_unit;
