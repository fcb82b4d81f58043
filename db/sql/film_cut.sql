-- What a film of a project, or of one of its scenes, is stitched from, in film order: one row per shot, without
-- a job while it has no clip, and at the end of its scene one per completed clip without a shot.
WITH parts AS (
    SELECT s.scene_id, s.id AS shot_id, s.label, s.position, s.created_at, t.video_job_id AS job_id
    FROM shots s JOIN chosen_takes t ON t.shot_id = s.id
    WHERE s.project_id = :project AND (CAST(:scene AS uuid) IS NULL OR s.scene_id = :scene)
    UNION ALL
    SELECT j.scene_id, NULL, '', NULL, j.created_at, j.id
    FROM scenes c
    JOIN video_generation_jobs j ON j.scene_id = c.id AND j.kind = 'video' AND j.status = 'completed'
    WHERE c.project_id = :project AND (CAST(:scene AS uuid) IS NULL OR c.id = :scene)
      AND j.shot_id IS NULL AND j.project_id = :project
)
SELECT p.scene_id, p.shot_id, p.label, p.job_id, j.storage_path, j.sha256
FROM parts p
JOIN scenes c ON c.id = p.scene_id AND c.project_id = :project
LEFT JOIN video_generation_jobs j ON j.id = p.job_id
ORDER BY c.position, c.id, p.shot_id IS NULL, p.position, p.shot_id, p.created_at, p.job_id
