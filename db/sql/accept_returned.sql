-- A scene is approved with what stands for its shots, whether that was sent back once or not. Takes that do not
-- stand stay sent back. The project and the scene are locked.
WITH accepted AS MATERIALIZED (
    SELECT j.id FROM video_generation_jobs j
    WHERE j.scene_id = :scene AND j.returned_at IS NOT NULL AND (j.shot_id IS NULL OR EXISTS (
        SELECT FROM chosen_takes t WHERE t.shot_id = j.shot_id AND j.id IN (t.video_job_id, t.image_job_id)))
    ORDER BY j.id
    FOR NO KEY UPDATE OF j
)
UPDATE video_generation_jobs j SET returned_at = NULL FROM accepted a WHERE j.id = a.id
