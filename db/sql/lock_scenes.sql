-- After the projects, before the jobs.
SELECT id FROM scenes WHERE id = ANY(CAST(:scenes AS uuid[])) ORDER BY id FOR NO KEY UPDATE
