-- The last number under which a catalogue was recorded; none where it never was.
SELECT max(catalogue_version_id)
FROM ops.catalogue_version
WHERE sha256 = :sha256;
