-- A person asks to fetch a paid result again: nothing is generated. The job goes into nobody's hands.
WITH retried AS (
    UPDATE video_generation_jobs j
    SET status = 'uploading', in_hand = true, claimed_by = NULL, finished_at = NULL, error_code = NULL,
        error_message = NULL
    WHERE j.id = :job AND j.status = 'failed' AND j.provider_job_id IS NOT NULL
      AND EXISTS (SELECT FROM job_attempts a WHERE a.job_id = j.id AND a.result IS NOT NULL
                  AND a.provider_job_id = j.provider_job_id)
    RETURNING j.id, j.project_id, j.scene_id, j.shot_id, j.kind
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.uploading',
           jsonb_build_object('status', 'uploading', 'previous_status', 'failed', 'kind', kind, 'shot_id', shot_id)
    FROM retried
)
SELECT id, pg_notify('rushes_jobs', '') FROM retried
