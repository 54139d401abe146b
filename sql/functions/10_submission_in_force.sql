-- The submissions in force at a moment: of each unit, period and form the last version recorded by then. Those of a
-- scope and of what it continues; of all where none is named. Grain: (unit, period, form). A caller's conditions on
-- these three reach the index: PostgreSQL puts the body in the place of the call.
DROP FUNCTION IF EXISTS core.submission_in_force(text, timestamptz) CASCADE;
CREATE FUNCTION core.submission_in_force(wanted_scope text, known_at timestamptz)
RETURNS SETOF core.submission
LANGUAGE sql
STABLE
AS $$
    SELECT DISTINCT ON (s.org_unit_id, s.period, s.form) s.*
    FROM core.submission AS s
    WHERE (wanted_scope IS NULL OR s.scope = any((SELECT core.scope_line(wanted_scope))::text[])) AND s.recorded_at <= known_at
    ORDER BY s.org_unit_id, s.period, s.form, s.version DESC
$$;
