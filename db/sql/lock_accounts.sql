-- After the gates, before projects, scenes and jobs. Whoever holds, settles or releases takes turns here.
SELECT project_id FROM credit_accounts WHERE project_id = ANY(CAST(:projects AS uuid[])) ORDER BY project_id
FOR NO KEY UPDATE
