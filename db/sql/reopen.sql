-- A job given up as submit_unknown, whose attempt turns out to have been accepted, is put into nobody's hands,
-- to be adopted. Not while its shot has another job on its way: the handle then stays with the attempt, and
-- a person may ask for its result later. Gate, project and scene are already locked in this transaction.
WITH reopened AS (
    UPDATE video_generation_jobs j
    SET status = 'generating', in_hand = true, slot_held = true, claimed_by = NULL, provider_job_id = a.provider_job_id,
        provider_metadata = coalesce(a.handle, '{}'), submitted_at = a.submitted_at, finished_at = NULL,
        error_code = NULL, error_message = NULL
    FROM job_attempts a
    WHERE a.id = :attempt AND a.state = 'accepted'
      AND j.id = a.job_id AND j.status = 'failed' AND j.error_code = 'submit_unknown'
      AND NOT EXISTS (
          SELECT FROM video_generation_jobs n
          WHERE n.shot_id = j.shot_id AND n.kind = j.kind AND n.id <> j.id
            AND n.status IN ('waiting', 'queued', 'processing', 'generating', 'uploading'))
    RETURNING j.id, j.project_id, j.scene_id, j.shot_id, j.kind, j.provider
), counted AS (
    UPDATE gates g SET in_flight = g.in_flight + 1
    FROM reopened r WHERE g.provider = r.provider AND g.kind = r.kind
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.generating',
           jsonb_strip_nulls(jsonb_build_object(
               'status', 'generating', 'previous_status', 'failed', 'kind', kind, 'shot_id', shot_id))
    FROM reopened
)
SELECT r.project_id, r.scene_id, pg_notify('rushes_jobs', '') FROM reopened r
