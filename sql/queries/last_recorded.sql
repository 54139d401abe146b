-- When the last thing that figures rest on was recorded, or a correction's last day ended; the present where nothing
-- was.
SELECT
    coalesce(
        greatest(
            (SELECT max(v.recorded_at) FROM ops.verdict AS v),
            (SELECT max(c.recorded_at) FROM ops.catalogue_version AS c),
            (
                SELECT max(e.over_at)
                FROM (
                    SELECT cast(x.ends_on + 1 AS timestamptz) AS over_at
                    FROM core.current_correction AS x
                ) AS e
                WHERE e.over_at <= clock_timestamp()
            )
        ),
        clock_timestamp()
    ) AS at;
