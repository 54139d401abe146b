-- What was promised: plans, their targets and tasks, and the indicators, as catalogue versions. A row is
-- what the catalogue said from its version on; `retired` marks what a version no longer contains.

CREATE SCHEMA plan;

CREATE TABLE plan.plan (
    plan text NOT NULL,
    title text NOT NULL,
    short_title text NOT NULL,
    number text NOT NULL,
    number_note text NOT NULL,
    issuer text NOT NULL,
    issued_on date,
    date_note text NOT NULL,
    parents text[] NOT NULL,
    implements text NOT NULL,
    seed_file text NOT NULL,
    status text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    recipients text[] NOT NULL,
    notes text[] NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (plan, catalogue_version_id)
);

CREATE TABLE plan.duty (
    plan text NOT NULL,
    position integer NOT NULL,
    reporter text NOT NULL,
    recipients text[] NOT NULL,
    clause text NOT NULL,
    frequency_written text NOT NULL,
    cadence text[] NOT NULL,
    cadence_basis text NOT NULL,
    basis text NOT NULL,
    note text NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (plan, position, catalogue_version_id)
);

CREATE TABLE plan.target (
    plan text NOT NULL,
    item text NOT NULL,
    position integer NOT NULL,
    clause text NOT NULL,
    title text NOT NULL,
    heading text NOT NULL,
    indicator text,
    kind text NOT NULL,
    unit_written text NOT NULL,
    decimals smallint NOT NULL,
    baseline_period text,
    baseline_written text,
    baseline_value numeric,
    baseline_estimated boolean,
    baseline_definition text,
    floor numeric,
    statement text NOT NULL,
    notes text[] NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (plan, item, catalogue_version_id)
);

CREATE TABLE plan.milestone (
    plan text NOT NULL,
    item text NOT NULL,
    position integer NOT NULL,
    period text NOT NULL,
    written text NOT NULL,
    operator text NOT NULL,
    value numeric,
    due_on date,
    definition text NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (plan, item, position, catalogue_version_id)
);

CREATE TABLE plan.task (
    plan text NOT NULL,
    task text NOT NULL,
    position integer NOT NULL,
    clause text NOT NULL,
    title text NOT NULL,
    lead_actors text[] NOT NULL,
    cooperating_actors text[] NOT NULL,
    deadline_written text NOT NULL,
    deadline_kind text NOT NULL,
    due_on date,
    overtaken_on date,
    overtaken_by text NOT NULL,
    notes text[] NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (plan, task, catalogue_version_id)
);

CREATE TABLE plan.indicator (
    indicator text NOT NULL,
    position integer NOT NULL,
    name text NOT NULL,
    short_name text NOT NULL,
    method text NOT NULL,
    published_element text,
    factor integer NOT NULL,
    unit text NOT NULL,
    direction text NOT NULL,
    frequency text NOT NULL,
    accumulates boolean NOT NULL,
    source text NOT NULL,
    definition text NOT NULL,
    basis text NOT NULL,
    note text NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (indicator, catalogue_version_id)
);

-- What is summed (or whose reporting units are counted) above and below the line.
CREATE TABLE plan.indicator_term (
    indicator text NOT NULL,
    side text NOT NULL CHECK (side IN ('numerator', 'denominator')),
    position integer NOT NULL,
    data_element text NOT NULL,
    counts_units boolean NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (indicator, side, position, catalogue_version_id)
);
