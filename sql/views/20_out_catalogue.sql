-- What is read from outside: units, data elements, plans and indicators as they stand.

CREATE VIEW out.org_unit AS
SELECT
    code,
    valid_from,
    valid_to,
    name,
    level,
    type,
    parent,
    legal_basis
FROM core.current_org_unit;

CREATE VIEW out.succession AS
SELECT
    old_code,
    old_valid_to,
    new_code,
    new_valid_from,
    kind,
    carries,
    with_others,
    weight,
    back_weight,
    weight_source,
    legal_basis
FROM core.current_succession;

-- Who answers for a plan after its unit ended; no date where nobody has decided.
CREATE VIEW out.inheritance AS
SELECT
    plan,
    item,
    from_unit,
    from_valid_to,
    to_unit,
    to_valid_from,
    decided_by,
    decided_on,
    basis,
    source
FROM plan.current_inheritance;

CREATE VIEW out.data_element AS
SELECT
    code,
    name,
    kind,
    unit,
    note
FROM core.current_data_element;

CREATE VIEW out.plan AS
SELECT
    plan,
    number,
    title,
    short_title,
    issuer,
    issued_on,
    date_note,
    status,
    valid_from,
    valid_to,
    implements
FROM plan.current_plan;

CREATE VIEW out.target AS
SELECT
    plan,
    item,
    position,
    clause,
    title,
    heading,
    indicator,
    kind,
    unit_written,
    decimals,
    baseline_period,
    baseline_written,
    baseline_value,
    floor,
    statement
FROM plan.current_target;

CREATE VIEW out.milestone AS
SELECT
    plan,
    item,
    position,
    period,
    written,
    operator,
    value,
    due_on
FROM plan.current_milestone;

CREATE VIEW out.task AS
SELECT
    plan,
    task,
    position,
    clause,
    title,
    lead_actors,
    cooperating_actors,
    deadline_written,
    due_on,
    overtaken_on
FROM plan.current_task;

CREATE VIEW out.indicator AS
SELECT
    indicator,
    position,
    name,
    short_name,
    method,
    factor,
    unit,
    direction,
    frequency,
    source,
    definition
FROM plan.current_indicator;

-- Grain: one correction agreed on. Whether it holds depends on what stands in the cell (`tongket trace`).
CREATE VIEW out.correction AS
SELECT
    correction,
    scope,
    period,
    unit_code,
    data_element,
    replaces_state,
    replaces_value,
    state,
    value,
    requested_by,
    requested_on,
    reason,
    ends_on
FROM core.current_correction;
