-- A project's deciding video jobs that may still complete without a person, by scene and sort.
SELECT d.scene_id, j.provider, j.model, j.duration_seconds, count(*) AS jobs
FROM scenes s
JOIN deciding_video_jobs d ON d.scene_id = s.id AND d.project_id = s.project_id
JOIN video_generation_jobs j ON j.id = d.id
WHERE s.project_id = :project AND (CAST(:scene AS uuid) IS NULL OR s.id = CAST(:scene AS uuid))
  AND d.status IN ('waiting', 'queued', 'processing', 'generating', 'uploading')
GROUP BY d.scene_id, j.provider, j.model, j.duration_seconds
