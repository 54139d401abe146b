-- What people decide on a table that others issued: it is taken in, sent back, or what was taken in is withdrawn. The
-- table is a delivery like any other, archived; until somebody decides it has no verdict.
CREATE TABLE ops.table_import (
    import_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id integer NOT NULL REFERENCES ops.delivery (delivery_id),
    decision text NOT NULL CHECK (decision IN ('confirmed', 'withdrawn')),
    scope text NOT NULL,
    layout text NOT NULL,
    form text NOT NULL,
    period text NOT NULL,
    sheet text NOT NULL,
    decided_by text NOT NULL CHECK (decided_by <> ''),
    reason text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX import_of_delivery ON ops.table_import (delivery_id, import_id);

-- Grain: (import, unit). The form of ours that was made of it, by its content: filled in, or blank where withdrawn.
CREATE TABLE ops.imported_form (
    import_id integer NOT NULL REFERENCES ops.table_import (import_id),
    unit_code text NOT NULL,
    sha256 text NOT NULL,
    PRIMARY KEY (import_id, unit_code)
);
CREATE INDEX imported_form_of_content ON ops.imported_form (sha256);

-- Grain: (import, unit, data element). The table's own cell that a number is from, and what it shows.
CREATE TABLE ops.imported_cell (
    import_id integer NOT NULL REFERENCES ops.table_import (import_id),
    unit_code text NOT NULL,
    data_element text NOT NULL,
    cell text NOT NULL,
    written text NOT NULL,
    PRIMARY KEY (import_id, unit_code, data_element)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.table_import
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.imported_form
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.imported_cell
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

INSERT INTO ops.event_kind (kind) VALUES ('import_waits');
