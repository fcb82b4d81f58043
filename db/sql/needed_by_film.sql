-- What the film of a project, or of one of its scenes, waits for first: a clip that failed, else one that is on
-- its way.
SELECT j.*
FROM scenes s
JOIN deciding_video_jobs d ON d.scene_id = s.id AND d.project_id = s.project_id AND d.status <> 'completed'
JOIN video_generation_jobs j ON j.id = d.id
WHERE s.project_id = :project AND (CAST(:scene AS uuid) IS NULL OR s.id = CAST(:scene AS uuid))
ORDER BY d.status = 'failed' DESC, s.position, j.created_at, j.id LIMIT 1
