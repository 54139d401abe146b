-- Accounts of reporting units at the doors, change by change: the last one of a unit counts. A unit is its code and
-- first day, so the account of a unit that was merged ends with it, and whoever bears the code next has none yet.
-- `secret_hash` is scrypt's, with its salt and costs; nobody can read the secret back.
CREATE TABLE ops.unit_account (
    account_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_code text NOT NULL,
    valid_from date NOT NULL,
    change text NOT NULL CHECK (change IN ('issued', 'rotated', 'revoked')),
    secret_hash text NOT NULL DEFAULT '',
    changed_by text NOT NULL CHECK (changed_by <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((change = 'revoked') = (secret_hash = ''))
);
CREATE INDEX account_of_unit ON ops.unit_account (unit_code, valid_from, account_id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.unit_account
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

-- What happens at the doors: accounts that change, who came in or was turned away, what was sent and fetched.
INSERT INTO ops.event_kind (kind)
SELECT k.kind
FROM unnest(ARRAY[
    'account_changed', 'door_entered', 'door_refused', 'door_uploaded', 'door_fetched', 'mail_taken', 'mail_answered'
]) AS k (kind);

CREATE INDEX event_of_unit ON ops.event ((detail ->> 'unit'), kind) WHERE kind IN ('door_uploaded', 'door_refused');
CREATE INDEX event_of_mail ON ops.event ((detail ->> 'message')) WHERE kind IN ('mail_taken', 'mail_answered');
