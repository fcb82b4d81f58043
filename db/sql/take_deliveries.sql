-- A few due deliveries of each webhook, so that a slow one keeps nobody else's waiting. Whoever takes them has a
-- minute: one that dies in between leaves them to the next, who sends them under the same id.
WITH due AS MATERIALIZED (
    SELECT d.id, w.url, w.secret FROM webhooks w CROSS JOIN LATERAL (
        SELECT x.id FROM webhook_deliveries x
        WHERE x.webhook_id = w.id AND x.state = 'pending' AND x.next_at <= now()
        ORDER BY x.next_at LIMIT 4
        FOR UPDATE SKIP LOCKED
    ) d
    WHERE w.disabled_at IS NULL
    LIMIT CAST(:limit AS integer)
), taken AS (
    UPDATE webhook_deliveries d
    SET attempts = d.attempts + 1, attempted_at = now(), next_at = now() + interval '60 seconds'
    FROM due WHERE d.id = due.id
    RETURNING d.*, due.url, due.secret
)
SELECT t.id, t.webhook_id, t.attempts, t.url, t.secret, t.type, t.created_at, t.project_id, t.sequence,
       e.scene_id, e.job_id, e.data, e.created_at AS happened_at
FROM taken t LEFT JOIN job_events e ON e.project_id = t.project_id AND e.sequence = t.sequence
