SELECT min(recorded_at) AS at FROM ops.catalogue_version;
