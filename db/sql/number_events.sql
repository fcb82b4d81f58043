-- Gives committed events their numbers, the oldest ones first. Whoever runs this holds the numberers' lock,
-- taken by an earlier statement of this transaction, so that this one sees whatever the last holder committed.
-- In the order of ix_job_events_unnumbered, so that no other index will do: they are full of numbered events.
WITH due AS MATERIALIZED (
    SELECT id, project_id FROM job_events WHERE sequence IS NULL ORDER BY sequence, id LIMIT 5000
), latest AS MATERIALIZED (
    SELECT d.project_id, coalesce((
        SELECT e.sequence FROM job_events e WHERE e.project_id = d.project_id AND e.sequence IS NOT NULL
        ORDER BY e.project_id DESC, e.sequence DESC LIMIT 1
    ), 0) AS sequence
    FROM (SELECT DISTINCT project_id FROM due) d
), placed AS MATERIALIZED (
    SELECT d.id, l.sequence + row_number() OVER (PARTITION BY d.project_id ORDER BY d.id) AS sequence
    FROM due d JOIN latest l ON l.project_id = d.project_id
), numbered AS (
    UPDATE job_events e SET sequence = p.sequence FROM placed p WHERE e.id = p.id
    RETURNING e.id
)
SELECT (SELECT count(*) FROM numbered) AS events,
       -- One notification a batch: every one takes a lock on the whole database until its commit.
       (SELECT pg_notify('rushes_events', CASE WHEN count(*) <= 200
           THEN string_agg(replace(l.project_id::text, '-', ''), ' ') ELSE '' END)
        FROM latest l HAVING count(*) > 0) AS told
