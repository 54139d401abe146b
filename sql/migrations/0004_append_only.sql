-- History is never rewritten, not even by the owner. Partitions are reached through their parent.
DO $$
DECLARE
    entry record;
BEGIN
    FOR entry IN
        SELECT c.oid::regclass AS name, c.relispartition AS is_partition
        FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace IN ('ops'::regnamespace, 'core'::regnamespace, 'plan'::regnamespace)
            AND c.relkind IN ('r', 'p')
            AND c.oid <> 'ops.migration'::regclass
    LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s '
            'FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change()', entry.name
        );
    END LOOP;
END
$$;
