-- What was known at a moment, as a hash: every version recorded by then, and the catalogue.
SELECT
    encode(
        sha256(
            convert_to(
                coalesce(
                    (
                        SELECT string_agg(d.sha256 || ' ' || s.version, ',' ORDER BY d.sha256)
                        FROM core.submission AS s
                        INNER JOIN ops.delivery AS d ON s.delivery_id = d.delivery_id
                        WHERE s.recorded_at <= :at
                    ),
                    ''
                ) || '|' || coalesce(
                    (
                        SELECT c.sha256 FROM ops.catalogue_version AS c
                        WHERE c.recorded_at <= :at
                        ORDER BY c.catalogue_version_id DESC
                        LIMIT 1
                    ),
                    ''
                ),
                'UTF8'
            )
        ),
        'hex'
    ) AS id;
