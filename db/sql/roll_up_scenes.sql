-- Any deciding job live: rendering; else any failed: failed; else any completed: complete; else pending.
-- Each question ends at the first row found in ix_jobs_scene, however many finished jobs a scene has. A job
-- of another project that names this scene has failed for that reason, and decides nothing here.
-- Materialized, or the questions would be asked again for each use of their answer.
WITH decided AS MATERIALIZED (
    SELECT s.id, s.render_status AS before, s.review_status AS review_before, CASE
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
), reviewed AS MATERIALIZED (
    -- What a person decided lasts: that the scene goes back, until a person brings it back; that it is good,
    -- as long as its clips are the ones that were there. A shot that no job decides for has no clip to review.
    SELECT d.*, CASE
        WHEN d.review_before = 'returned' THEN 'returned'
        WHEN d.status <> 'complete' OR EXISTS (
            SELECT FROM shots h WHERE h.scene_id = d.id AND NOT EXISTS (
                SELECT FROM video_generation_jobs j
                WHERE j.shot_id = h.id AND j.kind = 'video' AND j.status <> 'cancelled'
            )
        ) THEN 'pending'
        WHEN d.review_before = 'approved' THEN 'approved'
        ELSE 'video_complete'
    END AS review
    FROM decided d
), changed AS (
    UPDATE scenes s
    SET render_status = d.status, review_status = d.review, review_ready = d.review = 'video_complete',
        stage = CASE WHEN d.review = 'video_complete' THEN 12 ELSE s.stage END, updated_at = now()
    FROM reviewed d
    WHERE d.id = s.id AND (d.before <> d.status OR d.review_before <> d.review)
      AND s.id = ANY(CAST(:scenes AS uuid[]))
    RETURNING s.id, s.project_id, s.render_status, s.review_status, s.review_ready, s.stage, d.before
)
INSERT INTO job_events (project_id, scene_id, type, data)
SELECT project_id, id,
       CASE WHEN before <> render_status THEN 'scene.' || render_status
            WHEN review_ready THEN 'review.ready' ELSE 'review.ended' END,
       jsonb_build_object('status', render_status, 'previous_status', before, 'review_ready', review_ready,
                          'review_status', review_status, 'stage', stage)
FROM changed
