-- One row per executor, by the database's clock. Tells as well which of its jobs a person cancelled, whether
-- some executor that stopped beating still holds jobs, whether scenes are to be rolled up, and who serves
-- which lane: among those the lane's polls are divided, by what the clock says now. Whoever is gone keeps its
-- share for a while, see domain/rates.py.
WITH RECURSIVE beaten AS (
    INSERT INTO executors (id, name, host, pid, settings)
    VALUES (:id, :name, :host, :pid, CAST(:settings AS jsonb))
    ON CONFLICT (id) DO UPDATE SET heartbeat_at = now(), stopped_at = NULL, settings = excluded.settings,
        name = excluded.name, host = excluded.host, pid = excluded.pid
), holders (id) AS (
    -- Everybody who holds jobs: one probe of ix_jobs_in_hand each, however many they hold.
    (
        SELECT j.claimed_by FROM video_generation_jobs j
        WHERE j.in_hand AND j.claimed_by IS NOT NULL ORDER BY j.claimed_by LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT j.claimed_by FROM video_generation_jobs j
        WHERE j.in_hand AND j.claimed_by > h.id ORDER BY j.claimed_by LIMIT 1
    )
    FROM holders h WHERE h.id IS NOT NULL
), missed AS (
    -- A holder without a row, deleted by somebody's hand, gets one, and from now on the time that everybody
    -- has to beat: it may be alive. If it is not, its jobs are orphans like any others.
    INSERT INTO executors (id, name, host, pid)
    SELECT h.id, 'unknown', 'unknown', 0 FROM holders h
    WHERE h.id <> :id AND NOT EXISTS (SELECT FROM executors e WHERE e.id = h.id)
    ON CONFLICT (id) DO NOTHING
), serving AS (
    SELECT lane ->> 'kind' AS kind, lane ->> 'provider' AS provider, jsonb_agg(jsonb_build_array(
        e.id, extract(epoch FROM e.started_at), extract(epoch FROM gone.at))) AS members
    FROM executors e
    CROSS JOIN LATERAL (SELECT CASE
        WHEN e.stopped_at IS NULL THEN e.heartbeat_at + make_interval(secs => CAST(:expiry AS float8) + CAST(:settle AS float8))
        ELSE e.stopped_at + make_interval(secs => CAST(:settle AS float8))
    END AS at) gone
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(e.settings -> 'lanes') WHEN 'array' THEN e.settings -> 'lanes' ELSE '[]' END) lane
    WHERE gone.at > now()
    GROUP BY 1, 2
)
SELECT ARRAY(
    SELECT id FROM video_generation_jobs WHERE claimed_by = :id AND in_hand AND status = 'cancelled'
) AS cancelled, EXISTS (
    SELECT FROM holders h JOIN executors e ON e.id = h.id
    WHERE h.id <> :id AND e.heartbeat_at < now() - make_interval(secs => :expiry)
) AS orphans,
EXISTS (SELECT FROM roll_ups_due) AS roll_ups,
(SELECT jsonb_agg(jsonb_build_array(kind, provider, members)) FROM serving) AS serving,
extract(epoch FROM clock_timestamp())::float8 AS clock
