-- The catalogue as it stands: the latest version of each row that has not been retired.

CREATE VIEW core.latest_org_unit AS
SELECT
    u.org_unit_id,
    v.*
FROM core.org_unit AS u
INNER JOIN (
    SELECT DISTINCT ON (code, valid_from) *
    FROM core.org_unit_version
    ORDER BY code, valid_from, catalogue_version_id DESC
) AS v ON u.code = v.code AND u.valid_from = v.valid_from;

CREATE VIEW core.current_org_unit AS
SELECT * FROM core.latest_org_unit
WHERE NOT retired;

CREATE VIEW core.latest_data_element AS
SELECT
    e.data_element_id,
    v.*
FROM core.data_element AS e
INNER JOIN (
    SELECT DISTINCT ON (code) *
    FROM core.data_element_version
    ORDER BY code, catalogue_version_id DESC
) AS v ON e.code = v.code;

CREATE VIEW core.current_data_element AS
SELECT * FROM core.latest_data_element
WHERE NOT retired;

CREATE VIEW core.current_succession AS
SELECT v.* FROM (
    SELECT DISTINCT ON (old_code, old_valid_to, new_code, new_valid_from) *
    FROM core.succession_version
    ORDER BY old_code, old_valid_to, new_code, new_valid_from, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;

CREATE VIEW core.current_expected AS
SELECT v.* FROM (
    SELECT DISTINCT ON (scope, form, unit_code, period) *
    FROM core.expected_version
    ORDER BY scope, form, unit_code, period, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;

CREATE VIEW core.current_continued_scope AS
SELECT v.* FROM (
    SELECT DISTINCT ON (scope, continues) *
    FROM core.continued_scope_version
    ORDER BY scope, continues, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;

CREATE VIEW plan.current_plan AS
SELECT v.* FROM (
    SELECT DISTINCT ON (plan) * FROM plan.plan
    ORDER BY plan, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;

CREATE VIEW plan.current_inheritance AS
SELECT v.* FROM (
    SELECT DISTINCT ON (plan, item, from_unit, from_valid_to, to_unit) * FROM plan.inheritance
    ORDER BY plan, item, from_unit, from_valid_to, to_unit, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;

CREATE VIEW plan.current_target AS
SELECT v.* FROM (
    SELECT DISTINCT ON (plan, item) * FROM plan.target
    ORDER BY plan, item, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;

CREATE VIEW plan.current_milestone AS
SELECT v.* FROM (
    SELECT DISTINCT ON (plan, item, position) * FROM plan.milestone
    ORDER BY plan, item, position, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;

CREATE VIEW plan.current_task AS
SELECT v.* FROM (
    SELECT DISTINCT ON (plan, task) * FROM plan.task
    ORDER BY plan, task, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;

CREATE VIEW plan.current_indicator AS
SELECT v.* FROM (
    SELECT DISTINCT ON (indicator) * FROM plan.indicator
    ORDER BY indicator, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;

CREATE VIEW plan.current_indicator_term AS
SELECT v.* FROM (
    SELECT DISTINCT ON (indicator, side, position) * FROM plan.indicator_term
    ORDER BY indicator, side, position, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;

CREATE VIEW core.current_correction AS
SELECT v.* FROM (
    SELECT DISTINCT ON (correction) *
    FROM core.correction_version
    ORDER BY correction, catalogue_version_id DESC
) AS v
WHERE NOT v.retired;
