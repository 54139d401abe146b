-- Run before the migrations, by the login itself, every time: roles, the owner's right to make schemas, who may
-- connect at all, and the ledger of migrations. Roles belong to the whole server, so another database may have made
-- them.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['tongket_owner', 'tongket_loader', 'tongket_door', 'tongket_reader']
    LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
        IF NOT pg_catalog.pg_has_role(current_user, wanted, 'SET') THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        END IF;
    END LOOP;
    IF NOT has_database_privilege('tongket_owner', current_database(), 'CREATE') THEN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO tongket_owner', current_database());
    END IF;
    -- Other logins of the server have no business here; a login that may not say so leaves it to the administrator.
    IF pg_catalog.pg_has_role(
        (SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database()), 'USAGE'
    ) THEN
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO tongket_owner, tongket_loader, tongket_door, tongket_reader',
            current_database());
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM public', current_database());
    END IF;
END
$$;

SET ROLE tongket_owner;

CREATE SCHEMA IF NOT EXISTS ops;

CREATE TABLE IF NOT EXISTS ops.migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
