-- Queues the videos that waited for their shot's image, now that the newest one is stored; they start from it.
-- The projects and scenes are locked, as whoever touches a waiting job has them.
WITH ready AS MATERIALIZED (
    SELECT w.id, i.id AS image, i.storage_path
    FROM video_generation_jobs w
    JOIN deciding_image_jobs i ON i.shot_id = w.shot_id AND i.status = 'completed'
    WHERE w.status = 'waiting' AND w.kind = 'video' AND w.scene_id = ANY(CAST(:scenes AS uuid[]))
    ORDER BY w.id
    FOR NO KEY UPDATE OF w
), promoted AS (
    UPDATE video_generation_jobs w
    SET status = 'queued', queued_at = now(), start_frame_url = r.storage_path, start_image_job_id = r.image
    FROM ready r
    WHERE w.id = r.id AND w.status = 'waiting'
    RETURNING w.id, w.project_id, w.scene_id, w.shot_id, w.kind
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.queued',
           jsonb_build_object('status', 'queued', 'previous_status', 'waiting', 'kind', kind, 'shot_id', shot_id)
    FROM promoted ORDER BY id
)
SELECT id, pg_notify('rushes_jobs', '') FROM promoted
