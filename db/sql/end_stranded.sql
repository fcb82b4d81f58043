-- Ends jobs that nobody can take over. What was paid for is not given up: the attempt stays open, its result
-- can be asked for once its provider is configured again, and a retry takes a person's consent. Gates,
-- projects and scenes are already locked in this transaction.
WITH held AS MATERIALIZED (
    SELECT j.id, j.status, j.slot_held, EXISTS (
        SELECT FROM job_attempts a WHERE a.job_id = j.id AND a.state IN ('intent', 'accepted', 'unknown')
    ) AS asked
    FROM video_generation_jobs j
    WHERE j.id = ANY(CAST(:jobs AS uuid[])) AND j.in_hand AND (j.claimed_by IS NULL OR NOT EXISTS (
        SELECT FROM executors e
        WHERE e.id = j.claimed_by AND e.heartbeat_at >= now() - make_interval(secs => :expiry)))
    ORDER BY j.id
    FOR NO KEY UPDATE
), ended AS (
    UPDATE video_generation_jobs j
    SET in_hand = false, slot_held = false, claimed_by = NULL, claim_token = NULL,
        status = CASE h.status WHEN 'cancelled' THEN 'cancelled' ELSE 'failed' END,
        -- A claim after which nothing was sent does not count as a generation.
        attempt_count = j.attempt_count - CASE WHEN h.status = 'processing' AND NOT h.asked THEN 1 ELSE 0 END,
        finished_at = coalesce(j.finished_at, now()),
        error_code = CASE h.status
            WHEN 'cancelled' THEN j.error_code
            WHEN 'processing' THEN CASE WHEN h.asked THEN 'submit_unknown' ELSE 'model_unavailable' END
            WHEN 'generating' THEN 'deadline_exceeded'
            ELSE 'download_failed' END,
        error_message = CASE h.status WHEN 'cancelled' THEN j.error_message ELSE
            'No executor has had the provider ' || j.provider || ' for a day. ' || CASE
                WHEN h.status = 'processing' AND NOT h.asked THEN 'Nothing was sent to it.'
                ELSE 'It may have made and billed this: configure it again and ask for the result.' END END
    FROM held h WHERE j.id = h.id
    RETURNING j.id, j.project_id, j.scene_id, j.shot_id, j.kind, j.provider, j.status, j.error_code,
        h.status AS before, h.slot_held AS freed
), unanswered AS (
    UPDATE job_attempts a SET state = 'unknown', error_code = 'submit_unknown'
    FROM ended e WHERE a.job_id = e.id AND a.state = 'intent'
), returned AS (
    UPDATE gates g SET in_flight = g.in_flight - f.places
    FROM (
        SELECT provider, kind, CAST(count(*) AS integer) AS places FROM ended WHERE freed GROUP BY provider, kind
    ) f
    WHERE g.provider = f.provider AND g.kind = f.kind
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, CASE status WHEN 'cancelled' THEN 'job.stopped' ELSE 'job.failed' END,
           jsonb_build_object('status', status, 'previous_status', before, 'kind', kind, 'shot_id', shot_id,
                              'error_code', error_code)
    FROM ended
)
SELECT id FROM ended
