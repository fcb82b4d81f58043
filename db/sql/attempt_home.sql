-- The project and scene of an attempt, which are locked before its job.
SELECT j.project_id, j.scene_id FROM job_attempts a JOIN video_generation_jobs j ON j.id = a.job_id
WHERE a.id = :attempt
