SELECT exists(SELECT 1 FROM ops.tree_file WHERE tree = :tree) AS known;
