-- Which contents a folder is made of, path by path; a folder that is known stays as it is.
INSERT INTO ops.tree_file (tree, path, sha256)
SELECT
    :tree AS tree_hash,
    n.file_path,
    n.content_hash
FROM jsonb_each_text(cast(:files AS jsonb)) AS n (file_path, content_hash)
WHERE TRUE
ON CONFLICT (tree, path) DO NOTHING;
