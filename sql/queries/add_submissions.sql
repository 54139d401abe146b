INSERT INTO core.submission
(delivery_id, scope, form, form_version, org_unit_id, period, year, version, recorded_at)
SELECT
    n.delivery_id,
    n.scope,
    n.form,
    n.form_version,
    n.org_unit_id,
    n.period,
    n.year,
    n.version,
    :recorded_at
FROM
    unnest(
        cast(:deliveries AS integer[]),
        cast(:scopes AS text[]),
        cast(:forms AS text[]),
        cast(:form_versions AS text[]),
        cast(:units AS integer[]),
        cast(:periods AS text[]),
        cast(:years AS integer[]),
        cast(:versions AS integer[])
    ) AS n (delivery_id, scope, form, form_version, org_unit_id, period, year, version)
RETURNING delivery_id, submission_id;
