-- A person queues a failed job again. An attempt that may yet be billed is given up with it, which takes the
-- person's consent; a late answer may have told meanwhile that nothing was accepted.
WITH doubt AS (
    SELECT EXISTS (
        SELECT FROM job_attempts a WHERE a.job_id = :job AND a.state IN ('intent', 'accepted', 'unknown')
    ) AS remains
), retried AS (
    UPDATE video_generation_jobs j
    SET status = 'queued', run_after = now(), queued_at = now(), finished_at = NULL, progress = 0,
        provider_job_id = NULL, error_code = NULL, error_message = NULL,
        attempt_count = greatest(j.attempt_count - CASE
            WHEN j.error_code = 'submit_unknown' AND NOT d.remains THEN 1 ELSE 0 END, 0)
    FROM doubt d
    WHERE j.id = :job AND j.status = 'failed'
      AND (CAST(:accept_possible_duplicate AS boolean) OR NOT d.remains)
    RETURNING j.id, j.project_id, j.scene_id, j.shot_id, j.kind, j.attempt_count
), given_up AS (
    UPDATE job_attempts a SET state = 'abandoned', finished_at = now()
    FROM retried r WHERE a.job_id = r.id AND a.state IN ('intent', 'accepted', 'unknown')
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.queued',
           jsonb_strip_nulls(jsonb_build_object(
               'status', 'queued', 'previous_status', 'failed', 'kind', kind, 'shot_id', shot_id,
               'attempt_count', attempt_count))
    FROM retried
)
SELECT id, pg_notify('rushes_jobs', '') FROM retried
