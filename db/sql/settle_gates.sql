-- Something ended or was accepted: whatever probe was out is answered. Where the provider accepted, or refused
-- one job alone, its faults in a row are over as well, unless it asked us to wait longer.
UPDATE gates g
SET probed_until = NULL,
    faults = CASE WHEN w.well AND coalesce(g.paused_until <= now(), true) THEN 0 ELSE g.faults END,
    paused_until = CASE WHEN w.well AND g.paused_until <= now() THEN NULL ELSE g.paused_until END,
    paused_reason = CASE WHEN w.well AND coalesce(g.paused_until <= now(), true) THEN NULL
                         ELSE g.paused_reason END
FROM jsonb_to_recordset(CAST(:gates AS jsonb)) AS w(provider text, kind text, well boolean)
WHERE w.provider = g.provider AND w.kind = g.kind AND g.faults > 0
