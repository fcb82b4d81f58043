-- Holds of jobs that ended where nobody settled them. All that is held is looked at, and nothing else.
SELECT job_id, project_id FROM hold_verdicts WHERE verdict IN ('settle', 'release') ORDER BY job_id LIMIT 500
