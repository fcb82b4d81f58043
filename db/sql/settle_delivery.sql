WITH settled AS (
    UPDATE webhook_deliveries
    SET state = CASE WHEN CAST(:delivered AS boolean) THEN 'delivered'
                     WHEN CAST(:wait AS float8) IS NULL THEN 'failed' ELSE 'pending' END,
        delivered_at = CASE WHEN CAST(:delivered AS boolean) THEN now() ELSE delivered_at END,
        next_at = now() + make_interval(secs => coalesce(CAST(:wait AS float8), 0)),
        status = CAST(:status AS integer), error = :error
    WHERE id = :delivery AND attempts = :attempts AND state = 'pending'
    RETURNING webhook_id
)
UPDATE webhooks w SET disabled_at = now() FROM settled s
WHERE w.id = s.webhook_id AND CAST(:gone AS boolean) AND w.disabled_at IS NULL
