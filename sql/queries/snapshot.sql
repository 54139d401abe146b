-- What was known at a moment, as a hash: every version recorded by then (in one scope and those it continues, where one
-- is named), the catalogue, and the corrections in it whose last day was over.
SELECT
    encode(
        sha256(
            convert_to(
                coalesce(
                    (
                        SELECT string_agg(d.sha256 || ' ' || s.version, ',' ORDER BY d.sha256)
                        FROM core.submission AS s
                        INNER JOIN ops.delivery AS d ON s.delivery_id = d.delivery_id
                        WHERE s.recorded_at <= :at AND (:scope = '' OR s.scope = any(core.scope_line(:scope)))
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
                ) || coalesce(
                    (
                        SELECT '|' || string_agg(x.correction, ',' ORDER BY x.correction)
                        FROM (
                            SELECT DISTINCT ON (v.correction) v.*
                            FROM core.correction_version AS v
                            INNER JOIN ops.catalogue_version AS c ON v.catalogue_version_id = c.catalogue_version_id
                            WHERE c.recorded_at <= :at
                            ORDER BY v.correction, v.catalogue_version_id DESC
                        ) AS x
                        WHERE
                            NOT x.retired
                            AND x.ends_on < cast(cast(:at AS timestamptz) AS date)
                    ),
                    ''
                ),
                'UTF8'
            )
        ),
        'hex'
    ) AS id;
