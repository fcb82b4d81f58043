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
    -- As arrays, which are taken for short: by its limit, a batch looks large enough to read the whole table for.
    UPDATE job_events e SET sequence = p.sequence
    FROM unnest(ARRAY(SELECT id FROM placed ORDER BY id), ARRAY(SELECT sequence FROM placed ORDER BY id)) p(id, sequence)
    WHERE e.id = p.id
    RETURNING e.project_id, e.sequence, e.type
), sent AS (
    -- With their numbers, so that each is queued once for every webhook that asked for it.
    INSERT INTO webhook_deliveries (webhook_id, project_id, sequence, type)
    SELECT w.id, n.project_id, n.sequence, n.type
    FROM webhooks w JOIN numbered n ON w.project_id = n.project_id OR w.project_id IS NULL
    WHERE w.disabled_at IS NULL
      AND (w.types = '{}' OR n.type = ANY(w.types) OR split_part(n.type, '.', 1) || '.*' = ANY(w.types))
    ORDER BY n.project_id, n.sequence
    RETURNING id
)
SELECT (SELECT count(*) FROM numbered) AS events,
       (SELECT pg_notify('rushes_jobs', '') FROM sent LIMIT 1) AS work,
       -- One notification a batch: every one takes a lock on the whole database until its commit.
       (SELECT pg_notify('rushes_events', CASE WHEN count(*) <= 200
           THEN string_agg(replace(l.project_id::text, '-', ''), ' ') ELSE '' END)
        FROM latest l HAVING count(*) > 0) AS told
