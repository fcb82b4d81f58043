-- The provider accepted something: its faults in a row are over.
UPDATE gates g SET faults = 0, paused_until = NULL, probed_until = NULL, paused_reason = NULL
FROM jsonb_to_recordset(CAST(:gates AS jsonb)) AS w(provider text, kind text)
WHERE w.provider = g.provider AND w.kind = g.kind AND g.faults > 0
