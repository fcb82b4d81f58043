-- How the shots of a project, or of one of its scenes, stand. Each part is an index probe per shot.
SELECT s.id AS shot_id, v.status AS video, i.status AS image,
       coalesce(w.video_live, false) AS video_live, w.live_image,
       t.video_job_id AS clip, t.image_job_id AS chosen_image, c.storage_path AS image_path,
       coalesce(c.input_digest <> n.image_digest, false) OR c.returned_at IS NOT NULL AS image_stale
FROM shots s
JOIN chosen_takes t ON t.shot_id = s.id
JOIN shot_inputs n ON n.shot_id = s.id
LEFT JOIN video_generation_jobs c ON c.id = t.image_job_id
LEFT JOIN LATERAL (
    SELECT j.status FROM video_generation_jobs j
    WHERE j.shot_id = s.id AND j.kind = 'video' AND j.status <> 'cancelled'
    ORDER BY j.created_at DESC, j.id DESC LIMIT 1
) v ON true
LEFT JOIN LATERAL (
    SELECT j.status FROM video_generation_jobs j
    WHERE j.shot_id = s.id AND j.kind = 'image' AND j.status <> 'cancelled'
    ORDER BY j.created_at DESC, j.id DESC LIMIT 1
) i ON true
LEFT JOIN LATERAL (
    SELECT bool_or(j.kind = 'video') AS video_live,
           (array_agg(j.id) FILTER (WHERE j.kind = 'image'))[1] AS live_image
    FROM video_generation_jobs j
    WHERE j.shot_id = s.id AND j.status IN ('waiting', 'queued', 'processing', 'generating', 'uploading')
) w ON true
WHERE s.project_id = :project AND (CAST(:scene AS uuid) IS NULL OR s.scene_id = CAST(:scene AS uuid))
