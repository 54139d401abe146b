-- What is read from outside: the latest computation of each period.

-- Grain: (scope, period, plan, item, unit). `of_agency`: the unit is no part of the area, but an agency.
CREATE VIEW out.attainment AS
SELECT
    r.scope,
    r.period,
    r.snapshot_id,
    r.known_at,
    a.position,
    a.plan,
    a.item,
    a.content ->> 'indicator' AS indicator,
    a.unit_code,
    plan.parse_fraction(a.content ->> 'numerator') AS numerator,
    plan.parse_fraction(a.content ->> 'denominator') AS denominator,
    plan.parse_fraction(a.content ->> 'value') AS value,
    a.content ->> 'operator' AS operator,
    plan.parse_fraction(a.content ->> 'target') AS target,
    a.content ->> 'target_period' AS target_period,
    (a.content ->> 'met')::boolean AS met,
    a.content ->> 'status' AS status,
    plan.parse_fraction(a.content ->> 'progress') AS progress,
    coalesce(a.content ->> 'progress_class', a.content ->> 'class') AS progress_class,
    (a.content ->> 'people_missing')::numeric AS people_missing,
    plan.parse_fraction(a.content ->> 'completeness') AS completeness,
    a.content ->> 'as_of' AS as_of,
    a.content ->> 'reason' AS reason,
    coalesce((a.content ->> 'of_agency')::boolean, FALSE) AS of_agency
FROM (
    SELECT DISTINCT ON (scope, period) *
    FROM plan.attainment_run
    WHERE geography IS NULL
    ORDER BY scope, period, run_id DESC
) AS r
INNER JOIN plan.attainment AS a ON coalesce(r.same_as, r.run_id) = a.run_id;
