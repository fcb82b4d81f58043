-- Takes over jobs that nobody holds, or whose executor stopped beating. No status changes: the new owner
-- carries on from what is committed. An intent without an answer is from now on unknown.
WITH dead AS MATERIALIZED (
    SELECT e.id FROM executors e
    WHERE CAST(:dead_too AS boolean) AND e.id <> :executor
      AND e.heartbeat_at < now() - make_interval(secs => :expiry)
), unowned AS MATERIALIZED (
    SELECT j.id FROM video_generation_jobs j
    WHERE j.in_hand AND j.claimed_by IS NULL
      AND j.kind = :kind AND j.provider = ANY(CAST(:providers AS text[]))
    -- In the order of ix_jobs_in_hand, so that no other index will do: they are full of finished jobs.
    ORDER BY j.claimed_by LIMIT CAST(:limit AS integer)
    FOR NO KEY UPDATE SKIP LOCKED
), orphaned AS MATERIALIZED (
    SELECT j.id FROM dead d CROSS JOIN LATERAL (
        SELECT j.id FROM video_generation_jobs j
        WHERE j.in_hand AND j.claimed_by = d.id
          AND j.kind = :kind AND j.provider = ANY(CAST(:providers AS text[]))
        LIMIT CAST(:limit AS integer)
        FOR NO KEY UPDATE SKIP LOCKED
    ) j
    LIMIT CAST(:limit AS integer)
), found AS MATERIALIZED (
    SELECT id FROM unowned UNION ALL SELECT id FROM orphaned LIMIT CAST(:limit AS integer)
), taken AS (
    UPDATE video_generation_jobs j
    SET claimed_by = :executor, claim_token = :token, claim_count = j.claim_count + 1
    FROM found f WHERE j.id = f.id
    RETURNING j.*
), unanswered AS (
    UPDATE job_attempts a SET state = 'unknown', error_code = 'submit_unknown'
    FROM taken t WHERE a.job_id = t.id AND a.state = 'intent'
    RETURNING a.id
)
SELECT t.*, p.title AS project_title, p.current_step, coalesce(s.title, '') AS scene_title,
       coalesce(h.label, '') AS shot_label, s.render_status, coalesce(a.number, 0) AS attempts,
       extract(epoch FROM now() - coalesce(
           CASE WHEN t.status = 'processing' THEN a.created_at END, t.submitted_at, t.processing_started_at, now()
       ))::double precision AS age,
       CASE WHEN a.id IS NOT NULL THEN to_jsonb(a) || jsonb_build_object(
           'state', CASE WHEN a.state = 'intent' THEN 'unknown' ELSE a.state END) END AS attempt
FROM taken t
JOIN projects p ON p.id = t.project_id
LEFT JOIN scenes s ON s.id = t.scene_id
LEFT JOIN shots h ON h.id = t.shot_id
LEFT JOIN LATERAL (
    SELECT * FROM job_attempts x WHERE x.job_id = t.id ORDER BY x.number DESC LIMIT 1
) a ON true
