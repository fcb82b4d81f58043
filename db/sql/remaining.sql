-- A project's deciding video jobs that may still complete without a person, by scene and sort.
SELECT d.scene_id, j.provider, j.model, j.duration_seconds, count(*) AS jobs
FROM scenes s
JOIN deciding_video_jobs d ON d.scene_id = s.id AND d.project_id = s.project_id
JOIN video_generation_jobs j ON j.id = d.id
WHERE s.project_id = :project AND (CAST(:scene AS uuid) IS NULL OR s.id = CAST(:scene AS uuid))
  AND d.status IN ('waiting', 'queued', 'processing', 'generating', 'uploading')
  -- A clip whose image failed waits for a person.
  AND NOT EXISTS (
      SELECT FROM video_generation_jobs i
      WHERE d.status = 'waiting' AND i.id = j.start_image_job_id AND i.status = 'failed'
  )
GROUP BY d.scene_id, j.provider, j.model, j.duration_seconds
