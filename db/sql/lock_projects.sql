-- FOR NO KEY UPDATE: inserting a job only needs the project's key, and must not wait for us.
SELECT id FROM projects WHERE id = ANY(CAST(:projects AS uuid[])) ORDER BY id FOR NO KEY UPDATE
