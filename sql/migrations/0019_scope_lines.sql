-- Which scopes' deliveries a scope's figures rest on beside its own: those that ended and whose units it goes on with.
CREATE TABLE core.continued_scope_version (
    scope text NOT NULL,
    continues text NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (scope, continues, catalogue_version_id)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core.continued_scope_version
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
