-- An account is opened when something is first asked of it, with what every project is granted.
WITH opened AS (
    INSERT INTO credit_accounts (project_id)
    SELECT id FROM projects WHERE id = ANY(CAST(:projects AS uuid[])) ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING project_id
)
INSERT INTO credit_ledger (project_id, kind, amount, key, receipt_id, note)
SELECT project_id, 'grant', CAST(:welcome AS bigint), 'grant:welcome:' || project_id, gen_random_uuid(), 'Welcome.'
FROM opened WHERE CAST(:welcome AS bigint) > 0
