-- What happened: files taken in, what was found, what was answered, what was loaded, what was written.
-- Append-only. Times are recorded time (when we knew), except where a column says otherwise.

CREATE FUNCTION ops.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table %.% is append-only', tg_table_schema, tg_table_name
        USING ERRCODE = 'restrict_violation', HINT = 'add a new row; history is never rewritten';
END
$$;

CREATE TABLE ops.catalogue_version (
    catalogue_version_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256 text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row per content and inbox folder, for ever: a file sent to the wrong folder may come again in the right one.
-- A refused content gets a further attempt only when the catalogue or the rules have changed since.
CREATE TABLE ops.delivery (
    delivery_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size bigint NOT NULL CHECK (size >= 0),
    original_name text NOT NULL,
    folder text NOT NULL,
    attempt smallint NOT NULL DEFAULT 1,
    received_at timestamptz NOT NULL,
    archived_path text NOT NULL GENERATED ALWAYS AS (substr(sha256, 1, 2) || '/' || sha256) STORED,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (sha256, folder, attempt)
);

CREATE TABLE ops.event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (
        kind IN ('issued', 'received', 'duplicate', 'quarantined', 'accepted', 'refused', 'returned', 'report_written')
    ),
    delivery_id integer REFERENCES ops.delivery (delivery_id),
    detail jsonb NOT NULL DEFAULT '{}',
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX event_of_delivery ON ops.event (delivery_id, kind);

-- What the form said of itself stands here even when it was refused. `judged_by` is the hash of catalogue and rules.
CREATE TABLE ops.verdict (
    delivery_id integer PRIMARY KEY REFERENCES ops.delivery (delivery_id),
    accepted boolean NOT NULL,
    scope text NOT NULL,
    form text,
    form_version text,
    unit_code text,
    period text,
    refusals smallint NOT NULL,
    confirmations smallint NOT NULL,
    notes smallint NOT NULL,
    judged_by text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL
);
CREATE INDEX verdict_of_unit ON ops.verdict (unit_code, period, form);

CREATE TABLE ops.finding (
    delivery_id integer NOT NULL REFERENCES ops.verdict (delivery_id),
    position smallint NOT NULL,
    code text NOT NULL,
    level text NOT NULL CHECK (level IN ('refuse', 'confirm', 'note')),
    message text NOT NULL,
    hint text NOT NULL,
    sheet text NOT NULL,
    cell text NOT NULL,
    value text NOT NULL,
    org_unit_code text NOT NULL,
    data_element text NOT NULL,
    PRIMARY KEY (delivery_id, position)
);

CREATE TABLE ops.report (
    report_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL,
    plan text NOT NULL,
    cadence text NOT NULL,
    period text NOT NULL,
    snapshot_id text NOT NULL,
    known_at timestamptz NOT NULL,
    files jsonb NOT NULL,
    templates text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX report_of_period ON ops.report (scope, period, plan);
