-- Puts jobs off that their project's credits do not go for: out of every claim's way until the balance grows,
-- and for an hour at most. They are locked, and so are the accounts.
WITH short AS MATERIALIZED (
    SELECT s.*, a.balance
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS s(job uuid, project uuid, amount bigint)
    JOIN credit_accounts a ON a.project_id = s.project
    WHERE s.amount > least(a.balance, a.spend_cap - a.spent - a.held)
), noted AS (
    INSERT INTO credit_waits (job_id, project_id, needed)
    SELECT job, project, amount FROM short
    ON CONFLICT (job_id) DO UPDATE SET needed = excluded.needed
    RETURNING job_id, xmax = 0 AS is_new
), put_off AS (
    UPDATE video_generation_jobs j SET run_after = now() + interval '1 hour' FROM short s WHERE j.id = s.job
    RETURNING j.id, j.project_id, j.scene_id, j.kind, j.shot_id, s.amount, s.balance
)
INSERT INTO job_events (project_id, scene_id, job_id, type, data)
SELECT p.project_id, p.scene_id, p.id, 'credits.short', jsonb_build_object(
           'kind', p.kind, 'shot_id', p.shot_id, 'needed', round(p.amount / 1000000.0, 6),
           'balance', round(p.balance / 1000000.0, 6))
FROM put_off p JOIN noted n ON n.job_id = p.id
WHERE n.is_new
