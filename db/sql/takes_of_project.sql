-- Every take of a project's shots, in order.
SELECT t.job_id, t.shot_id, t.kind, t.number, t.chosen, t.stale, j.status, j.progress, j.storage_path,
       j.poster_path, j.error_code, j.actual_duration_seconds, j.actual_cost, j.created_at
FROM takes t JOIN video_generation_jobs j ON j.id = t.job_id
WHERE t.project_id = :project
ORDER BY t.shot_id, t.kind, t.number
