-- A project follows its scenes: any rendering, else any failed, else all complete, else pending.
WITH decided AS (
    SELECT p.id, p.status AS before, CASE
        WHEN EXISTS (SELECT FROM scenes s WHERE s.project_id = p.id AND s.render_status = 'rendering')
            THEN 'rendering'
        WHEN EXISTS (SELECT FROM scenes s WHERE s.project_id = p.id AND s.render_status = 'failed')
            THEN 'failed'
        WHEN EXISTS (SELECT FROM scenes s WHERE s.project_id = p.id AND s.render_status = 'pending')
            THEN 'pending'
        WHEN EXISTS (SELECT FROM scenes s WHERE s.project_id = p.id) THEN 'complete'
        ELSE 'pending'
    END AS status
    FROM projects p
    WHERE p.id = ANY(CAST(:projects AS uuid[]))
), changed AS (
    UPDATE projects p
    SET status = d.status,
        current_step = CASE d.status
            WHEN 'rendering' THEN 'videos' WHEN 'failed' THEN 'failed' WHEN 'complete' THEN 'complete'
            ELSE 'script' END,
        updated_at = now()
    FROM decided d
    WHERE d.id = p.id AND p.status <> d.status
    RETURNING p.id, p.status, p.current_step, d.before
)
INSERT INTO job_events (project_id, type, data)
SELECT id, 'project.' || status,
       jsonb_build_object('status', status, 'previous_status', before, 'current_step', current_step)
FROM changed
