-- Lets the jobs that wait for credits be claimed, as many as the balance now goes for, the cheapest first: their
-- claim holds for them. Reads nothing where it goes for none. The accounts are locked. A job that somebody else
-- has locked is passed over; it is looked at again later in any case.
WITH room AS MATERIALIZED (
    SELECT project_id, least(balance, spend_cap - spent - held) AS left
    FROM credit_accounts WHERE project_id = ANY(CAST(:projects AS uuid[]))
), affordable AS MATERIALIZED (
    SELECT q.job_id FROM room r CROSS JOIN LATERAL (
        SELECT c.job_id, sum(c.needed) OVER (ORDER BY c.needed, c.job_id) AS total
        FROM (
            SELECT w.job_id, w.needed FROM credit_waits w
            WHERE w.project_id = r.project_id AND w.needed <= r.left
            ORDER BY w.needed, w.job_id LIMIT 500
        ) c
    ) q
    WHERE q.total <= r.left
), locked AS MATERIALIZED (
    SELECT j.id FROM video_generation_jobs j
    WHERE j.id IN (SELECT job_id FROM affordable)
    ORDER BY j.id
    FOR NO KEY UPDATE SKIP LOCKED
), woken AS (
    UPDATE video_generation_jobs j SET run_after = now()
    FROM locked l WHERE j.id = l.id AND j.status = 'queued'
    RETURNING j.id
), served AS (
    DELETE FROM credit_waits q USING locked l WHERE q.job_id = l.id
)
SELECT pg_notify('rushes_jobs', '') FROM woken LIMIT 1
