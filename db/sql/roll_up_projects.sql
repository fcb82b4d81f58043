-- A project follows its scenes: any rendering, else any failed, else all complete, else pending. Read by one
-- index probe per project: as EXISTS for each question, they would be hashed, and all scenes read for it.
-- It is not complete while a shot has no clip: only of one that would be, the shots are looked at.
-- Its step is decided with it, by the view that everybody reads.
WITH decided AS MATERIALIZED (
    SELECT p.id, p.status AS before, p.current_step AS step_before, v.step, CASE
        WHEN t.rendering THEN 'rendering'
        WHEN t.failed THEN 'failed'
        WHEN t.pending THEN 'pending'
        WHEN t.scenes > 0 AND NOT EXISTS (
            SELECT FROM shots h WHERE h.project_id = p.id AND NOT EXISTS (
                SELECT FROM video_generation_jobs j
                WHERE j.shot_id = h.id AND j.kind = 'video' AND j.status <> 'cancelled'
            )
        ) THEN 'complete'
        ELSE 'pending'
    END AS status
    FROM projects p
    CROSS JOIN LATERAL (
        SELECT count(*) AS scenes,
               bool_or(s.render_status = 'rendering') AS rendering,
               bool_or(s.render_status = 'failed') AS failed,
               bool_or(s.render_status = 'pending') AS pending
        FROM scenes s WHERE s.project_id = p.id
    ) t
    JOIN project_steps v ON v.project_id = p.id
    WHERE p.id = ANY(CAST(:projects AS uuid[]))
), changed AS (
    UPDATE projects p
    SET status = d.status, current_step = d.step, updated_at = now()
    FROM decided d
    WHERE d.id = p.id AND (d.before <> d.status OR d.step_before <> d.step) AND p.id = ANY(CAST(:projects AS uuid[]))
    RETURNING p.id, p.status, p.current_step, d.before, d.step_before
)
INSERT INTO job_events (project_id, type, data)
SELECT id, 'project.' || CASE WHEN before <> status THEN status ELSE 'step' END,
       jsonb_build_object('status', status, 'previous_status', before, 'current_step', current_step,
                          'previous_step', step_before)
FROM changed
