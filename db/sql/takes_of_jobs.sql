-- The takes that some jobs are. A take's number needs all takes of its shot, and no others.
SELECT t.job_id, t.shot_id, t.kind, t.number, t.chosen, t.stale, j.status, j.progress, j.storage_path,
       j.poster_path, j.error_code, j.actual_duration_seconds, j.actual_cost, j.created_at
FROM takes t JOIN video_generation_jobs j ON j.id = t.job_id
WHERE t.shot_id = ANY(CAST(:shots AS uuid[])) AND t.project_id = ANY(CAST(:projects AS uuid[]))
  AND t.job_id = ANY(CAST(:jobs AS uuid[]))
