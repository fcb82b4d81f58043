-- Of the jobs that a claim passed over, those that credits still have to be held for. The accounts are locked; a
-- job that somebody else has locked is left to a later claim.
SELECT j.* FROM video_generation_jobs j
WHERE j.id = ANY(CAST(:jobs AS uuid[])) AND j.status = 'queued'
  AND NOT EXISTS (SELECT FROM credit_holds h WHERE h.job_id = j.id AND h.attempt_id IS NULL)
ORDER BY j.id
FOR NO KEY UPDATE SKIP LOCKED
