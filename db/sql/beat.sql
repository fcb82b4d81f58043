-- One row per executor, by the database's clock. Tells as well which of its jobs a person cancelled.
WITH beaten AS (
    INSERT INTO executors (id, name, host, pid, settings)
    VALUES (:id, :name, :host, :pid, CAST(:settings AS jsonb))
    ON CONFLICT (id) DO UPDATE SET heartbeat_at = now(), stopped_at = NULL, settings = excluded.settings
)
SELECT id FROM video_generation_jobs WHERE claimed_by = :id AND in_hand AND status = 'cancelled'
