-- A computation is kept whole and exactly, so that whoever needs it reads it instead of computing it again.
-- Rows hold every field of an attainment, fractions as text ("63/102").
--
-- geography: the day whose units were asked for; NULL is the period's own last day.
-- series: the area's figures through time that the outlook rests on; NULL where no outlook was computed.
-- release: the release that computed it; NULL in older runs, whose rows hold rounded numbers and are computed anew.
ALTER TABLE plan.attainment_run
ADD COLUMN geography date,
ADD COLUMN series jsonb,
ADD COLUMN release text;

CREATE FUNCTION plan.parse_fraction(written text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN split_part(written, '/', 1)::numeric / coalesce(nullif(split_part(written, '/', 2), ''), '1')::numeric;
