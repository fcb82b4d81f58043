-- Whose hold an attempt's late answer may end.
SELECT j.id, j.project_id FROM job_attempts a JOIN video_generation_jobs j ON j.id = a.job_id
WHERE a.id = :attempt AND EXISTS (SELECT FROM credit_holds h WHERE h.job_id = j.id)
