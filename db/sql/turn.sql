-- How many jobs are likely to be taken before a due one. Projects take turns: before the job that has k of
-- its own project ahead of it, every other project has had k turns, and one more if its seat comes first
-- after the project that the gate served last. Counting stops after 10,000 jobs.
WITH due AS MATERIALIZED (
    SELECT project_id, priority, run_after, id FROM video_generation_jobs
    WHERE status = 'queued' AND kind = :kind AND run_after <= now()
      AND coalesce(provider, '') IN (:provider, CASE WHEN CAST(:is_default AS boolean) THEN '' END)
    LIMIT 10001
), gate AS (
    SELECT coalesce(
        (SELECT turn FROM gates WHERE provider = :provider AND kind = :kind),
        CAST('00000000-0000-0000-0000-000000000000' AS uuid)) AS turn
), own AS (
    SELECT count(*) AS ahead FROM due
    WHERE project_id = :project
      AND (-priority, run_after, id) < (-CAST(:priority AS integer), CAST(:run_after AS timestamptz), CAST(:job AS uuid))
), others AS (
    SELECT project_id, count(*) AS jobs FROM due WHERE project_id <> :project GROUP BY project_id
)
SELECT own.ahead + coalesce((
           SELECT sum(least(o.jobs, own.ahead + CASE
               WHEN (o.project_id <= gate.turn, o.project_id) < (:project <= gate.turn, CAST(:project AS uuid)) THEN 1
               ELSE 0 END))
           FROM others o
       ), 0)::bigint AS ahead,
       (SELECT count(*) FROM due) <= 10000 AS exact
FROM own, gate
