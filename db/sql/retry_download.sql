-- A person asks to fetch a paid result again: nothing is generated. The job goes into nobody's hands. A
-- submission given up for lost, whose answer came in after all, is asked for its result as well.
WITH paid AS (
    SELECT a.provider_job_id, a.handle, a.result IS NOT NULL AS finished
    FROM job_attempts a JOIN video_generation_jobs j ON j.id = a.job_id
    WHERE a.job_id = :job
      AND (a.state = 'accepted' OR (a.result IS NOT NULL AND a.provider_job_id = j.provider_job_id))
    ORDER BY a.number DESC LIMIT 1
), retried AS (
    UPDATE video_generation_jobs j
    SET status = CASE WHEN p.finished THEN 'uploading' ELSE 'generating' END, in_hand = true, claimed_by = NULL,
        slot_held = NOT p.finished,
        provider_job_id = p.provider_job_id, provider_metadata = coalesce(p.handle, j.provider_metadata),
        finished_at = NULL, error_code = NULL, error_message = NULL
    FROM paid p
    WHERE j.id = :job AND j.status = 'failed'
    RETURNING j.id, j.project_id, j.scene_id, j.shot_id, j.kind, j.status, j.provider, j.slot_held
), counted AS (
    UPDATE gates g SET in_flight = g.in_flight + 1
    FROM retried r WHERE r.slot_held AND g.provider = r.provider AND g.kind = r.kind
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.' || status,
           jsonb_strip_nulls(jsonb_build_object(
               'status', status, 'previous_status', 'failed', 'kind', kind, 'shot_id', shot_id))
    FROM retried
)
SELECT id, pg_notify('rushes_jobs', '') FROM retried
