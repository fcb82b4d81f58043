-- What else of these projects is due in a lane and has no credits held for it: who cannot pay for one job is not
-- asked again for each of ten thousand. The accounts are locked; a job that somebody else has locked is left out.
SELECT j.* FROM video_generation_jobs j
WHERE j.status = 'queued' AND j.kind = :kind AND coalesce(j.provider, '') = ANY(CAST(:queues AS text[]))
  AND j.project_id = ANY(CAST(:projects AS uuid[])) AND j.run_after <= now()
  AND NOT EXISTS (SELECT FROM credit_holds h WHERE h.job_id = j.id AND h.attempt_id IS NULL)
LIMIT 1000
FOR NO KEY UPDATE SKIP LOCKED
