-- A scope and those that it continues, however far back: whose submissions its figures rest on.
DROP FUNCTION IF EXISTS core.scope_line(text) CASCADE;
CREATE FUNCTION core.scope_line(wanted_scope text)
RETURNS text[]
LANGUAGE sql
STABLE
AS $$
    SELECT array_append(array_agg(v.continues ORDER BY v.continues), wanted_scope)
    FROM (
        SELECT DISTINCT ON (continues) continues, retired
        FROM core.continued_scope_version
        WHERE scope = wanted_scope
        ORDER BY continues, catalogue_version_id DESC
    ) AS v
    WHERE NOT v.retired
$$;
