-- Cancels what waited for jobs that were just cancelled: a shot's video with its image, and the films of a shot
-- that is left without a clip. The projects and scenes are locked.
WITH over AS MATERIALIZED (
    SELECT id, project_id, scene_id, shot_id, kind FROM video_generation_jobs
    WHERE id = ANY(CAST(:jobs AS uuid[])) AND status = 'cancelled' AND shot_id IS NOT NULL
), videos AS MATERIALIZED (
    SELECT w.id, w.project_id, w.scene_id, w.shot_id
    FROM video_generation_jobs w JOIN over o ON o.shot_id = w.shot_id AND o.kind = 'image'
    WHERE w.status = 'waiting' AND w.kind = 'video'
), bare AS MATERIALIZED (
    SELECT c.project_id, c.scene_id FROM (
        SELECT shot_id FROM videos UNION SELECT shot_id FROM over WHERE kind = 'video'
    ) lost
    JOIN chosen_takes c ON c.shot_id = lost.shot_id AND c.video_job_id IS NULL
), held AS MATERIALIZED (
    SELECT w.id FROM video_generation_jobs w
    WHERE w.status = 'waiting' AND (w.id IN (SELECT id FROM videos) OR (w.kind = 'film' AND w.id IN (
        SELECT f.id FROM bare b JOIN video_generation_jobs f ON f.project_id = b.project_id
            AND f.status = 'waiting' AND f.kind = 'film' AND (f.scene_id IS NULL OR f.scene_id = b.scene_id))))
    ORDER BY w.id
    FOR NO KEY UPDATE
), cancelled AS (
    UPDATE video_generation_jobs w
    SET status = 'cancelled', cancel_requested_at = now(), finished_at = now(), error_code = 'cancelled',
        error_message = 'Cancelled with what it waited for.'
    FROM held h
    WHERE w.id = h.id AND w.status = 'waiting'
    RETURNING w.id, w.project_id, w.scene_id, w.shot_id, w.kind
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.cancelled',
           jsonb_build_object('status', 'cancelled', 'previous_status', 'waiting', 'kind', kind, 'shot_id', shot_id)
    FROM cancelled ORDER BY id
)
SELECT id FROM cancelled
