-- Units over time: what a succession carries, who else went into the new unit, and declared weights. And indexes
-- that keep one period's sums from reading all the years before it.
ALTER TABLE core.succession_version
ADD COLUMN carries text NOT NULL DEFAULT 'area',
ADD COLUMN with_others text NOT NULL DEFAULT '',
ADD COLUMN weight numeric,
ADD COLUMN back_weight numeric,
ADD COLUMN weight_source text NOT NULL DEFAULT '';

-- Who answers for a plan, or a line of it, after its unit ended. No date: nobody has decided.
CREATE TABLE plan.inheritance (
    plan text NOT NULL,
    item text NOT NULL,
    from_unit text NOT NULL,
    from_valid_to date NOT NULL,
    to_unit text NOT NULL,
    to_valid_from date,
    decided_by text NOT NULL,
    decided_on date,
    basis text NOT NULL,
    source text NOT NULL,
    content text NOT NULL,
    retired boolean NOT NULL,
    catalogue_version_id integer NOT NULL REFERENCES ops.catalogue_version (catalogue_version_id),
    PRIMARY KEY (plan, item, from_unit, from_valid_to, to_unit, catalogue_version_id)
);

CREATE INDEX submission_of_form ON core.submission (scope, form, year);
CREATE INDEX submission_of_year ON core.submission (scope, year, recorded_at);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON plan.inheritance
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
