-- What was reported: units, data elements, submissions and their cells. Nothing is ever updated: a
-- submission is what we know from its recorded_at until the next version's.

CREATE SCHEMA core;

CREATE TYPE core.cell_state AS ENUM (
    'value', 'zero', 'estimated', 'missing', 'not_applicable', 'unreliable'
);

-- The identity of a unit is its code and the first day it bore it: codes are reused.
CREATE TABLE core.org_unit (
    org_unit_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    valid_from date NOT NULL,
    UNIQUE (code, valid_from)
);

CREATE TABLE core.org_unit_version (
    code text NOT NULL,
    valid_from date NOT NULL,
    position integer NOT NULL,
    name text NOT NULL,
    level text NOT NULL,
    type text NOT NULL,
    parent text NOT NULL,
    valid_to date,
    legal_basis text NOT NULL,
    aliases text[] NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (code, valid_from, catalogue_version_id),
    FOREIGN KEY (code, valid_from) REFERENCES core.org_unit (code, valid_from)
);

CREATE TABLE core.succession_version (
    old_code text NOT NULL,
    old_valid_to date NOT NULL,
    new_code text NOT NULL,
    new_valid_from date NOT NULL,
    kind text NOT NULL,
    legal_basis text NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (old_code, old_valid_to, new_code, new_valid_from, catalogue_version_id)
);

CREATE TABLE core.data_element (
    data_element_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE
);

CREATE TABLE core.data_element_version (
    code text NOT NULL REFERENCES core.data_element (code),
    position integer NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    unit text NOT NULL,
    is_integer boolean NOT NULL,
    least numeric,
    most numeric,
    note text NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (code, catalogue_version_id)
);

CREATE TABLE core.period (
    period text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('month', 'quarter', 'half', 'nine_months', 'year')),
    year smallint NOT NULL,
    number smallint NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL CHECK (ends_on > starts_on)
);

-- Who owes which form for which period, and by when.
CREATE TABLE core.expected_version (
    scope text NOT NULL,
    form text NOT NULL,
    unit_code text NOT NULL,
    period text NOT NULL REFERENCES core.period (period),
    regime text NOT NULL,
    due_on date NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (scope, form, unit_code, period, catalogue_version_id)
);

CREATE TABLE core.submission (
    submission_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id integer NOT NULL UNIQUE REFERENCES ops.delivery (delivery_id),
    scope text NOT NULL,
    form text NOT NULL,
    form_version text NOT NULL,
    org_unit_id smallint NOT NULL REFERENCES core.org_unit (org_unit_id),
    period text NOT NULL REFERENCES core.period (period),
    year smallint NOT NULL,
    version smallint NOT NULL CHECK (version >= 1),
    recorded_at timestamptz NOT NULL,
    UNIQUE (org_unit_id, period, form, version)
);
CREATE INDEX submission_of_period ON core.submission (scope, period);

-- Grain: (submission, org unit, data element). `raw` is what the cell showed, where that is not the
-- plain number. The year repeats the submission's, so that a year's cells lie together.
CREATE TABLE core.observation (
    submission_id integer NOT NULL,
    org_unit_id smallint NOT NULL,
    data_element_id smallint NOT NULL,
    year smallint NOT NULL,
    state core.cell_state NOT NULL,
    value numeric,
    sheet text NOT NULL,
    cell text NOT NULL,
    raw text,
    PRIMARY KEY (submission_id, org_unit_id, data_element_id, year),
    CHECK (state NOT IN ('value', 'zero', 'estimated') OR value IS NOT NULL)
) PARTITION BY LIST (year);

DO $$
BEGIN
    FOR year IN 2020..2035 LOOP
        EXECUTE format('CREATE TABLE core.observation_%s PARTITION OF core.observation FOR VALUES IN (%s)', year, year);
    END LOOP;
END
$$;

CREATE TABLE core.observation_other PARTITION OF core.observation DEFAULT;

-- Words, dates and choices: task.<plan>.<task>.state|date|remark, note.<n>.difficulty|cause|proposal,
-- <published element>:source and :as_of.
CREATE TABLE core.report_text (
    submission_id integer NOT NULL REFERENCES core.submission (submission_id),
    org_unit_id smallint NOT NULL REFERENCES core.org_unit (org_unit_id),
    code text NOT NULL,
    state core.cell_state NOT NULL,
    words text NOT NULL,
    sheet text NOT NULL,
    cell text NOT NULL,
    PRIMARY KEY (submission_id, org_unit_id, code)
);

-- The receipt: cells in = numbers + texts + left out. Committed with what it counts.
CREATE TABLE ops.load (
    delivery_id integer PRIMARY KEY REFERENCES ops.verdict (delivery_id),
    submission_id integer UNIQUE REFERENCES core.submission (submission_id),
    cells_read integer NOT NULL,
    numbers_loaded integer NOT NULL,
    texts_loaded integer NOT NULL,
    cells_left_out integer NOT NULL,
    recorded_at timestamptz NOT NULL,
    CHECK (cells_read = numbers_loaded + texts_loaded + cells_left_out),
    CHECK (submission_id IS NOT NULL OR numbers_loaded + texts_loaded = 0)
);

-- Row-by-row foreign keys would cost more than the load itself; this checks a whole COPY at once.
CREATE FUNCTION core.check_observations() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM (SELECT DISTINCT a.submission_id, a.year FROM added AS a) AS a
        LEFT JOIN core.submission AS s ON a.submission_id = s.submission_id AND a.year = s.year
        WHERE s.submission_id IS NULL
    ) OR EXISTS (
        SELECT 1
        FROM (SELECT DISTINCT a.org_unit_id FROM added AS a) AS a
        LEFT JOIN core.org_unit AS u ON a.org_unit_id = u.org_unit_id
        WHERE u.org_unit_id IS NULL
    ) OR EXISTS (
        SELECT 1
        FROM (SELECT DISTINCT a.data_element_id FROM added AS a) AS a
        LEFT JOIN core.data_element AS e ON a.data_element_id = e.data_element_id
        WHERE e.data_element_id IS NULL
    ) THEN
        RAISE EXCEPTION 'an observation belongs to no submission, unit or data element'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER observation_keys AFTER INSERT ON core.observation
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION core.check_observations();
