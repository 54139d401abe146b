-- The doors have a role of their own, which is open to the outside: in the journal it may write of what happens at a
-- door, never that a file was accepted, a report signed or an account changed.
CREATE FUNCTION ops.refuse_foreign_event() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a door writes no event of kind %', new.kind USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER door_events_only BEFORE INSERT ON ops.event
FOR EACH ROW WHEN (
    current_user = 'tongket_door'
    AND new.kind NOT IN ('door_entered', 'door_refused', 'door_uploaded', 'door_fetched', 'mail_taken')
) EXECUTE FUNCTION ops.refuse_foreign_event();
