-- The files of a folder as it was kept.
SELECT
    f.path,
    c.packed
FROM ops.tree_file AS f
INNER JOIN ops.content AS c ON f.sha256 = c.sha256
WHERE f.tree = :tree
ORDER BY f.path;
