-- A person cancels. Nothing submitted: over at once, and free. Submitted: cancelled as well, but the job
-- stays in its executor's hands, its attempt is abandoned and still polled, because it may be billed.
-- Gate, project, scene and job are already locked in this transaction.
WITH held AS MATERIALIZED (
    SELECT j.id, j.status, j.slot_held, j.provider, j.kind,
           j.status IN ('generating', 'uploading') OR EXISTS (
               SELECT FROM job_attempts a WHERE a.job_id = j.id AND a.state IN ('intent', 'accepted', 'unknown')
           ) AS submitted
    FROM video_generation_jobs j WHERE j.id = :job
), cancelled AS (
    UPDATE video_generation_jobs j
    SET status = 'cancelled', cancel_requested_at = now(), finished_at = now(), error_code = 'cancelled',
        error_message = 'Cancelled.', in_hand = h.submitted,
        claimed_by = CASE WHEN h.submitted THEN j.claimed_by END,
        slot_held = j.slot_held AND h.submitted,
        attempt_count = j.attempt_count - CASE WHEN h.status = 'processing' AND NOT h.submitted THEN 1 ELSE 0 END
    FROM held h
    WHERE j.id = h.id AND j.status IN ('waiting', 'queued', 'processing', 'generating', 'uploading')
    RETURNING j.id, j.project_id, j.scene_id, j.shot_id, j.kind, j.attempt_count, j.error_code, j.error_message
), freed AS (
    UPDATE gates g SET in_flight = g.in_flight - 1
    FROM held h, cancelled c
    WHERE h.slot_held AND NOT h.submitted AND g.provider = h.provider AND g.kind = h.kind
), abandoned AS (
    UPDATE job_attempts a SET state = 'abandoned'
    FROM cancelled c WHERE a.job_id = c.id AND a.state IN ('intent', 'accepted', 'unknown')
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT c.project_id, c.scene_id, c.id, 'job.cancelled',
           jsonb_strip_nulls(jsonb_build_object(
               'status', 'cancelled', 'previous_status', h.status, 'kind', c.kind, 'shot_id', c.shot_id,
               'attempt_count', c.attempt_count, 'error_code', c.error_code, 'error_message', c.error_message))
    FROM cancelled c, held h
)
SELECT CASE WHEN c.id IS NULL THEN 'already_final' WHEN h.submitted THEN 'stopping' ELSE 'cancelled' END AS outcome,
       -- Whatever place or event this left behind is somebody's work.
       CASE WHEN c.id IS NOT NULL THEN pg_notify('rushes_jobs', '') END
FROM held h LEFT JOIN cancelled c ON true
