-- The gate, project and scene of an attempt whose job was given up as submit_unknown.
SELECT j.project_id, j.scene_id, j.provider, j.kind FROM job_attempts a JOIN video_generation_jobs j ON j.id = a.job_id
WHERE a.id = :attempt AND a.state = 'accepted' AND j.status = 'failed' AND j.error_code = 'submit_unknown'
