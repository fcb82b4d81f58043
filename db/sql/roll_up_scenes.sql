-- Any deciding job live: rendering; else any failed: failed; else any completed: complete; else pending.
-- Each question ends at the first row found in ix_jobs_scene, however many finished jobs a scene has. A job
-- of another project that names this scene has failed for that reason, and decides nothing here.
-- Materialized, or the questions would be asked again for each use of their answer.
WITH decided AS MATERIALIZED (
    SELECT s.id, s.render_status AS before, CASE
        WHEN EXISTS (
            SELECT FROM deciding_video_jobs d WHERE d.scene_id = s.id AND d.project_id = s.project_id
            AND d.status IN ('waiting', 'queued', 'processing', 'generating', 'uploading')
        ) THEN 'rendering'
        WHEN EXISTS (
            SELECT FROM deciding_video_jobs d WHERE d.scene_id = s.id AND d.project_id = s.project_id
            AND d.status = 'failed'
        ) THEN 'failed'
        WHEN EXISTS (
            SELECT FROM deciding_video_jobs d WHERE d.scene_id = s.id AND d.project_id = s.project_id
            AND d.status = 'completed'
        ) THEN 'complete'
        ELSE 'pending'
    END AS status
    FROM scenes s
    WHERE s.id = ANY(CAST(:scenes AS uuid[]))
), changed AS (
    UPDATE scenes s
    -- A shot that no job decides for has no clip to review.
    SET render_status = d.status, updated_at = now(), review_ready = d.status = 'complete' AND NOT EXISTS (
        SELECT FROM shots h WHERE h.scene_id = s.id AND NOT EXISTS (
            SELECT FROM video_generation_jobs j
            WHERE j.shot_id = h.id AND j.kind = 'video' AND j.status <> 'cancelled'
        )
    )
    FROM decided d
    WHERE d.id = s.id AND d.before <> d.status AND s.id = ANY(CAST(:scenes AS uuid[]))
    RETURNING s.id, s.project_id, s.render_status, s.review_ready, d.before
)
INSERT INTO job_events (project_id, scene_id, type, data)
SELECT project_id, id, 'scene.' || render_status,
       jsonb_build_object('status', render_status, 'previous_status', before, 'review_ready', review_ready)
FROM changed
