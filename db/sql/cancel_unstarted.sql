-- Cancels what nobody has begun, in a project or in some of its scenes, and tells what goes on. A job that is
-- claimed in this moment is waited for, and is then seen as begun. The project and its scenes are locked.
WITH held AS MATERIALIZED (
    SELECT j.id, j.status FROM video_generation_jobs j
    WHERE j.project_id = :project AND j.status IN ('waiting', 'queued')
      AND (CAST(:scenes AS uuid[]) IS NULL OR j.scene_id = ANY(CAST(:scenes AS uuid[]))
           -- The project's film cannot do without these scenes.
           OR (j.kind = 'film' AND j.scene_id IS NULL AND j.status = 'waiting'))
    ORDER BY j.id
    FOR NO KEY UPDATE
), cancelled AS (
    UPDATE video_generation_jobs j
    SET status = 'cancelled', cancel_requested_at = now(), finished_at = now(), error_code = 'cancelled',
        error_message = 'Cancelled.'
    FROM held h
    WHERE j.id = h.id AND j.status IN ('waiting', 'queued')
    RETURNING j.id, j.project_id, j.scene_id, j.shot_id, j.kind, j.status, h.status AS before
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.cancelled',
           jsonb_build_object('status', 'cancelled', 'previous_status', before, 'kind', kind, 'shot_id', shot_id)
    FROM cancelled ORDER BY id
), others AS (
    SELECT j.id, j.scene_id, j.shot_id, j.kind, j.status FROM video_generation_jobs j
    WHERE j.project_id = :project AND j.in_hand AND j.status <> 'cancelled'
      AND (CAST(:scenes AS uuid[]) IS NULL OR j.scene_id = ANY(CAST(:scenes AS uuid[])))
)
SELECT o.id AS job_id, o.scene_id, o.shot_id, s.label, o.kind, o.status, o.outcome
FROM (
    SELECT id, scene_id, shot_id, kind, status, 'cancelled' AS outcome FROM cancelled
    UNION ALL
    SELECT id, scene_id, shot_id, kind, status, 'running' FROM others
) o
LEFT JOIN shots s ON s.id = o.shot_id
LEFT JOIN scenes c ON c.id = o.scene_id
ORDER BY c.position NULLS LAST, c.id, s.position NULLS LAST, s.id, o.kind, o.id
