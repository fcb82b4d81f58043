-- Takes up to :room due jobs of one lane. The lane's gate is already locked, by an earlier statement of this
-- transaction. A pause lets nothing through; the first claim after a fault is a single probe, and nothing
-- follows it until it is answered or overdue.
--
-- Fair turns: projects sit in a ring, ordered by id; the gate remembers who was served last. The two
-- recursive parts hop through ix_jobs_lane from project to project, one index probe each, first ahead of
-- the last one served and then from the start, and never further than there is room. Every project on
-- the way gets an equal share, so a thousand jobs of one do not stand before the first of another.
-- Jobs of a model whose rate is booked as far ahead as is allowed are passed over.
-- The hops order by all of the index's columns, so that no other index will do: in ix_jobs_project they
-- would wade through finished jobs. The jobs that name no provider are a queue of their own in it, so that
-- nobody reads what waits for others.
WITH RECURSIVE gate AS MATERIALIZED (
    SELECT turn, greatest(0, least(CAST(:room AS integer), CASE
        WHEN greatest(paused_until, probed_until) > now() THEN 0
        WHEN faults > 0 THEN least(1, CAST(:limit AS integer) - in_flight)
        ELSE CAST(:limit AS integer) - in_flight
    END)) AS room
    FROM gates WHERE provider = :provider AND kind = :kind
), queues (name) AS MATERIALIZED (
    SELECT CAST(:provider AS text) WHERE (SELECT room FROM gate) > 0
    UNION ALL SELECT '' WHERE CAST(:is_default AS boolean) AND (SELECT room FROM gate) > 0
), ahead (project_id, seat) AS (
    (
        SELECT n.project_id, 1 FROM queues l CROSS JOIN LATERAL (
            SELECT j.project_id FROM video_generation_jobs j
            WHERE j.status = 'queued' AND j.kind = :kind AND coalesce(j.provider, '') = l.name
              AND j.run_after <= now() AND j.project_id > (SELECT turn FROM gate)
              AND coalesce(j.model, :model) <> ALL(CAST(:booked AS text[]))
            ORDER BY j.project_id, j.priority DESC, j.run_after, j.id LIMIT 1
        ) n
        ORDER BY n.project_id LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT n.project_id FROM queues l CROSS JOIN LATERAL (
            SELECT j.project_id FROM video_generation_jobs j
            WHERE j.status = 'queued' AND j.kind = :kind AND coalesce(j.provider, '') = l.name
              AND j.run_after <= now() AND j.project_id > a.project_id
              AND coalesce(j.model, :model) <> ALL(CAST(:booked AS text[]))
            ORDER BY j.project_id, j.priority DESC, j.run_after, j.id LIMIT 1
        ) n
        ORDER BY n.project_id LIMIT 1
    ), a.seat + 1
    FROM ahead a WHERE a.project_id IS NOT NULL AND a.seat < (SELECT room FROM gate)
), behind (project_id, seat) AS (
    (
        SELECT n.project_id, 1 FROM queues l CROSS JOIN LATERAL (
            SELECT j.project_id FROM video_generation_jobs j
            WHERE j.status = 'queued' AND j.kind = :kind AND coalesce(j.provider, '') = l.name
              AND j.run_after <= now() AND j.project_id <= (SELECT turn FROM gate)
              AND coalesce(j.model, :model) <> ALL(CAST(:booked AS text[]))
            ORDER BY j.project_id, j.priority DESC, j.run_after, j.id LIMIT 1
        ) n
        ORDER BY n.project_id LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT n.project_id FROM queues l CROSS JOIN LATERAL (
            SELECT j.project_id FROM video_generation_jobs j
            WHERE j.status = 'queued' AND j.kind = :kind AND coalesce(j.provider, '') = l.name
              AND j.run_after <= now() AND j.project_id > b.project_id AND j.project_id <= (SELECT turn FROM gate)
              AND coalesce(j.model, :model) <> ALL(CAST(:booked AS text[]))
            ORDER BY j.project_id, j.priority DESC, j.run_after, j.id LIMIT 1
        ) n
        ORDER BY n.project_id LIMIT 1
    ), b.seat + 1
    FROM behind b WHERE b.project_id IS NOT NULL AND b.seat < (SELECT room FROM gate)
), turns AS MATERIALIZED (
    SELECT project_id, row_number() OVER (ORDER BY lap, seat) AS seat
    FROM (
        SELECT 1 AS lap, seat, project_id FROM ahead WHERE project_id IS NOT NULL
        UNION ALL
        SELECT 2, seat, project_id FROM behind WHERE project_id IS NOT NULL
    ) ring
    ORDER BY lap, seat LIMIT (SELECT room FROM gate)
), share AS MATERIALIZED (
    SELECT CAST(ceil(CAST((SELECT room FROM gate) AS numeric) / greatest(count(*), 1)) AS integer) AS size FROM turns
), locked AS MATERIALIZED (
    SELECT t.seat, t.project_id, j.id
    FROM turns t CROSS JOIN LATERAL (
        SELECT q.id FROM queues l CROSS JOIN LATERAL (
            SELECT q.id, q.priority, q.run_after FROM video_generation_jobs q
            WHERE q.status = 'queued' AND q.kind = :kind AND coalesce(q.provider, '') = l.name
              AND q.run_after <= now() AND q.project_id = t.project_id
              AND coalesce(q.model, :model) <> ALL(CAST(:booked AS text[]))
            ORDER BY q.priority DESC, q.run_after, q.id
            LIMIT (SELECT size FROM share)
            FOR NO KEY UPDATE SKIP LOCKED
        ) q
        ORDER BY q.priority DESC, q.run_after, q.id LIMIT (SELECT size FROM share)
    ) j
), picked AS MATERIALIZED (
    -- A job that credits have to be held for first is told of and left as it is.
    SELECT l.id, l.project_id, l.seat, NOT CAST(:holds AS boolean) OR EXISTS (
        SELECT FROM credit_holds h WHERE h.job_id = l.id AND h.attempt_id IS NULL) AS may_run
    FROM locked l ORDER BY l.seat LIMIT (SELECT room FROM gate)
), claimed AS (
    UPDATE video_generation_jobs j
    SET status = 'processing', provider = :provider, model = coalesce(j.model, :model),
        claimed_by = :executor, claim_token = :token, in_hand = true, slot_held = true,
        attempt_count = j.attempt_count + 1, claim_count = j.claim_count + 1,
        processing_started_at = now(), submitted_at = NULL, generated_at = NULL,
        error_code = NULL, error_message = NULL, progress = 0
    FROM picked p
    WHERE j.id = p.id AND j.status = 'queued' AND p.may_run
    RETURNING j.*
), counted AS (
    UPDATE gates g
    SET in_flight = g.in_flight + (SELECT count(*) FROM claimed),
        -- The turn is over as well where every job on the way was locked by somebody: the next claim goes
        -- on behind them, so that an application's open transaction stops nobody but itself.
        turn = coalesce((SELECT project_id FROM picked ORDER BY seat DESC LIMIT 1),
                        (SELECT project_id FROM turns ORDER BY seat DESC LIMIT 1)),
        -- A probe is out: nothing more until its answer, or until it is overdue.
        probed_until = CASE WHEN g.faults > 0 AND EXISTS (SELECT FROM claimed)
                            THEN now() + interval '30 seconds' ELSE g.probed_until END
    WHERE g.provider = :provider AND g.kind = :kind AND EXISTS (SELECT FROM turns)
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT c.project_id, c.scene_id, c.id, 'job.processing',
           jsonb_strip_nulls(jsonb_build_object(
               'status', 'processing', 'previous_status', 'queued', 'kind', c.kind, 'shot_id', c.shot_id,
               'provider', c.provider, 'model', c.model, 'attempt_count', c.attempt_count))
    FROM claimed c
)
SELECT c.*, p.title AS project_title, p.current_step, coalesce(s.title, '') AS scene_title,
       coalesce(h.label, '') AS shot_label, s.render_status,
       (SELECT count(*) FROM job_attempts a WHERE a.job_id = c.id) AS attempts, 0.0::double precision AS age,
       k.id AS picked, k.may_run
FROM picked k
-- Whoever is claimed was picked, so that this is a LEFT JOIN that is never a nested loop: for a limit that the
-- planner cannot see it expects one row, and compares each of 500 with each.
FULL JOIN claimed c ON c.id = k.id
LEFT JOIN projects p ON p.id = c.project_id
LEFT JOIN scenes s ON s.id = c.scene_id
LEFT JOIN shots h ON h.id = c.shot_id
