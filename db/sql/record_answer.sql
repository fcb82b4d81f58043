-- The one write that is not fenced: whoever made the POST may record its answer on the attempt's own row,
-- so that no handle is thrown away. It moves no job that has an owner. A job already given up as
-- submit_unknown is put into nobody's hands, to be adopted.
WITH answered AS (
    UPDATE job_attempts
    SET state = CASE WHEN state = 'abandoned' THEN state WHEN CAST(:accepted AS boolean) THEN 'accepted'
                ELSE 'rejected' END,
        provider_job_id = :handle_id, handle = CAST(:handle AS jsonb),
        submitted_at = CASE WHEN CAST(:accepted AS boolean) THEN now() END,
        error_code = :error_code, error_message = :error_message, raw_error = :raw_error,
        finished_at = CASE WHEN CAST(:accepted AS boolean) THEN NULL ELSE now() END
    WHERE id = :attempt AND (state IN ('intent', 'unknown') OR (state = 'abandoned' AND handle IS NULL))
    RETURNING job_id
), reopened AS (
    UPDATE video_generation_jobs j
    SET status = 'generating', in_hand = true, claimed_by = NULL, provider_job_id = :handle_id,
        provider_metadata = CAST(:handle AS jsonb), submitted_at = now(), finished_at = NULL,
        error_code = NULL, error_message = NULL
    FROM answered a
    WHERE j.id = a.job_id AND j.status = 'failed' AND j.error_code = 'submit_unknown'
      AND CAST(:accepted AS boolean)
    RETURNING j.id, j.project_id, j.scene_id, j.shot_id, j.kind
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.generating',
           jsonb_build_object('status', 'generating', 'previous_status', 'failed', 'kind', kind, 'shot_id', shot_id)
    FROM reopened
)
SELECT r.project_id, r.scene_id, pg_notify('rushes_jobs', '') FROM reopened r
