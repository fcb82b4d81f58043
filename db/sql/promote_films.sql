-- Queues the films that waited for clips: every shot of the scene, or of the project, has the clip that stands
-- for it, and nothing is being made for any of them. The projects are locked.
WITH ready AS MATERIALIZED (
    SELECT w.id
    FROM video_generation_jobs w
    WHERE w.status = 'waiting' AND w.kind = 'film' AND w.project_id = ANY(CAST(:projects AS uuid[]))
      AND (SELECT true
           FROM scenes s CROSS JOIN LATERAL (
               SELECT FROM video_generation_jobs j
               WHERE j.scene_id = s.id AND j.kind = 'video' AND j.project_id = s.project_id
                 AND j.status IN ('waiting', 'queued', 'processing', 'generating', 'uploading') LIMIT 1
           ) busy
           WHERE s.project_id = w.project_id AND (w.scene_id IS NULL OR s.id = w.scene_id) LIMIT 1) IS NULL
      AND (SELECT true FROM chosen_takes t
           WHERE t.project_id = w.project_id AND (w.scene_id IS NULL OR t.scene_id = w.scene_id)
             AND t.video_job_id IS NULL LIMIT 1) IS NULL
      AND (SELECT true
           FROM scenes s CROSS JOIN LATERAL (
               SELECT FROM video_generation_jobs j
               WHERE j.scene_id = s.id AND j.kind = 'video' AND j.project_id = s.project_id
                 AND j.status = 'completed' LIMIT 1
           ) made
           WHERE s.project_id = w.project_id AND (w.scene_id IS NULL OR s.id = w.scene_id) LIMIT 1)
    ORDER BY w.id
    FOR NO KEY UPDATE
), promoted AS (
    UPDATE video_generation_jobs w
    SET status = 'queued', queued_at = now()
    FROM ready r
    WHERE w.id = r.id AND w.status = 'waiting'
    RETURNING w.id, w.project_id, w.scene_id, w.kind
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.queued',
           jsonb_build_object('status', 'queued', 'previous_status', 'waiting', 'kind', kind, 'shot_id', NULL)
    FROM promoted ORDER BY id
)
SELECT id, pg_notify('rushes_jobs', '') FROM promoted
