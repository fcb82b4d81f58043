-- Holds credits for jobs as far as their accounts go, the cheapest first, and tells of each. A job that credits
-- are held for already is left as it is. The accounts are locked; the jobs are new, or locked as well.
WITH wanted AS MATERIALIZED (
    SELECT w.job, w.project, w.amount, w.receipt, h.job_id IS NOT NULL AS has
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w(job uuid, project uuid, amount bigint, receipt uuid)
    LEFT JOIN credit_holds h ON h.job_id = w.job AND h.attempt_id IS NULL
), judged AS MATERIALIZED (
    SELECT w.*, w.amount = 0 OR sum(w.amount) OVER (PARTITION BY w.project ORDER BY w.amount, w.job)
               <= least(a.balance, a.spend_cap - a.spent - a.held) AS fits
    FROM wanted w JOIN credit_accounts a ON a.project_id = w.project
    WHERE NOT w.has
), fitting AS MATERIALIZED (
    SELECT f.*,
           1 + (SELECT CAST(count(*) AS integer) FROM credit_ledger l WHERE l.job_id = f.job AND l.kind = 'hold') AS number,
           1 + (SELECT coalesce(max(x.number), 0) FROM job_attempts x WHERE x.job_id = f.job) AS first_attempt
    FROM judged f WHERE f.fits
), opened AS (
    INSERT INTO credit_holds (job_id, number, project_id, amount, first_attempt, receipt_id)
    SELECT job, number, project, amount, first_attempt, receipt FROM fitting
), booked AS (
    INSERT INTO credit_ledger (project_id, kind, amount, held, job_id, key, receipt_id)
    SELECT project, 'hold', -amount, amount, job, 'hold:' || job || ':' || number, receipt FROM fitting ORDER BY job
), served AS (
    DELETE FROM credit_waits q USING fitting f WHERE q.job_id = f.job
)
SELECT w.job, w.has OR coalesce(j.fits, false) AS held FROM wanted w LEFT JOIN judged j ON j.job = w.job
