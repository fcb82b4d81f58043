-- One row per executor, by the database's clock. Tells as well which of its jobs a person cancelled, and
-- whether some executor that stopped beating still holds jobs.
WITH beaten AS (
    INSERT INTO executors (id, name, host, pid, settings)
    VALUES (:id, :name, :host, :pid, CAST(:settings AS jsonb))
    ON CONFLICT (id) DO UPDATE SET heartbeat_at = now(), stopped_at = NULL, settings = excluded.settings
)
SELECT ARRAY(
    SELECT id FROM video_generation_jobs WHERE claimed_by = :id AND in_hand AND status = 'cancelled'
) AS cancelled, EXISTS (
    -- One probe per silent executor; as a plain join it would begin with all the jobs in hand.
    SELECT FROM executors e
    CROSS JOIN LATERAL (SELECT FROM video_generation_jobs j WHERE j.claimed_by = e.id AND j.in_hand LIMIT 1) held
    WHERE e.id <> :id AND e.heartbeat_at < now() - make_interval(secs => :expiry)
) AS orphans
