-- Of each scene of a project, and of the project itself, the newest film that may still be made and the newest
-- one that is stored.
SELECT DISTINCT ON (scene_id, status = 'completed') *
FROM video_generation_jobs
WHERE project_id = :project AND kind = 'film' AND status NOT IN ('failed', 'cancelled')
ORDER BY scene_id, status = 'completed', created_at DESC, id DESC
