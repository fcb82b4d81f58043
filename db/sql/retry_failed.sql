-- A person queues again what failed and stands so, in a project or in some of its scenes: the failed alone, and
-- of those that may yet be billed only with consent. A film is not made again but anew, once its clips are
-- there. The project and its scenes are locked.
WITH standing AS MATERIALIZED (
    SELECT j.id, j.error_code, EXISTS (
               SELECT FROM job_attempts a WHERE a.job_id = j.id AND a.state IN ('intent', 'accepted', 'unknown')
           ) AS doubt, EXISTS (
               SELECT FROM video_generation_jobs n
               WHERE n.shot_id = j.shot_id AND n.kind = j.kind
                 AND n.status IN ('waiting', 'queued', 'processing', 'generating', 'uploading')
           ) AS busy
    FROM video_generation_jobs j
    WHERE j.status = 'failed' AND j.id IN (
        SELECT f.id FROM standing_failures f
        WHERE f.project_id = :project AND f.kind <> 'film'
          AND (CAST(:scenes AS uuid[]) IS NULL OR f.scene_id = ANY(CAST(:scenes AS uuid[])))
    )
    ORDER BY j.id
    FOR NO KEY UPDATE OF j
), retried AS (
    UPDATE video_generation_jobs j
    SET status = 'queued', run_after = now(), queued_at = now(), finished_at = NULL, progress = 0,
        provider_job_id = NULL, error_code = NULL, error_message = NULL,
        attempt_count = greatest(j.attempt_count - CASE
            WHEN j.error_code = 'submit_unknown' AND NOT s.doubt THEN 1 ELSE 0 END, 0)
    FROM standing s
    WHERE j.id = s.id AND j.status = 'failed' AND NOT s.busy
      AND (CAST(:accept_possible_duplicate AS boolean) OR NOT s.doubt)
    RETURNING j.id, j.project_id, j.scene_id, j.shot_id, j.kind
), given_up AS (
    UPDATE job_attempts a SET state = 'abandoned', finished_at = now()
    FROM retried r WHERE a.job_id = r.id AND a.state IN ('intent', 'accepted', 'unknown')
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.queued',
           jsonb_build_object('status', 'queued', 'previous_status', 'failed', 'kind', kind, 'shot_id', shot_id)
    FROM retried ORDER BY id
), woken AS MATERIALIZED (
    SELECT pg_notify('rushes_jobs', '') FROM retried LIMIT 1
)
SELECT j.id AS job_id, j.scene_id, j.shot_id, h.label, j.kind, s.error_code,
       CASE WHEN r.id IS NULL THEN 'failed' ELSE 'queued' END AS status,
       CASE WHEN r.id IS NOT NULL THEN 'queued' WHEN s.busy THEN 'shot_busy' ELSE 'possible_duplicate' END
           AS outcome,
       (SELECT count(*) FROM woken) AS woken
FROM standing s
JOIN video_generation_jobs j ON j.id = s.id
LEFT JOIN retried r ON r.id = s.id
LEFT JOIN shots h ON h.id = j.shot_id
LEFT JOIN scenes c ON c.id = j.scene_id
ORDER BY c.position NULLS LAST, c.id, h.position NULLS LAST, h.id, j.kind, j.id
