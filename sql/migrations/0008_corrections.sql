-- What people decided, kept as it was: every file of every catalogue version, and of the templates that a report
-- was printed by. Each content once. And the corrections agreed on, as catalogue versions.

-- `packed` is the content, deflated (zlib).
CREATE TABLE ops.content (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size integer NOT NULL CHECK (size >= 0),
    packed bytea NOT NULL
);

-- `tree` is the hash of a whole folder: ops.catalogue_version.sha256, or the last word of ops.report.templates.
CREATE TABLE ops.tree_file (
    tree text NOT NULL,
    path text NOT NULL,
    sha256 text NOT NULL REFERENCES ops.content (sha256),
    PRIMARY KEY (tree, path)
);

-- What a cell is taken to say instead of what was sent. The cell itself is never changed. `ends_on` is the last
-- day; none where it holds until the unit sends the form again.
CREATE TABLE core.correction_version (
    correction text NOT NULL,
    position integer NOT NULL,
    scope text NOT NULL,
    period text NOT NULL,
    unit_code text NOT NULL,
    data_element text NOT NULL,
    replaces_state core.cell_state NOT NULL,
    replaces_value numeric,
    state core.cell_state NOT NULL,
    value numeric,
    requested_by text NOT NULL,
    requested_on date NOT NULL,
    reason text NOT NULL,
    ends_on date,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (correction, catalogue_version_id)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.content
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.tree_file
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core.correction_version
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
