-- An account is made when something is first asked of it.
INSERT INTO credit_accounts (project_id)
SELECT id FROM projects WHERE id = ANY(CAST(:projects AS uuid[])) ORDER BY id
ON CONFLICT DO NOTHING
