-- When the last thing that figures rest on was recorded; the present where nothing was.
SELECT
    coalesce(
        greatest(
            (SELECT max(v.recorded_at) FROM ops.verdict AS v),
            (SELECT max(c.recorded_at) FROM ops.catalogue_version AS c)
        ),
        clock_timestamp()
    ) AS at;
