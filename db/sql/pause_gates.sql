-- Each fault in a row doubles the pause, from 2 s to 5 min; a provider's own Retry-After is never undercut.
-- A probe that was out is answered by it.
UPDATE gates g
SET faults = g.faults + 1,
    paused_until = greatest(g.paused_until, now() + make_interval(
        secs => greatest(coalesce(w.seconds, 0), least(300, 2 * power(2, least(g.faults, 10)))))),
    probed_until = NULL,
    paused_reason = w.reason
FROM jsonb_to_recordset(CAST(:pauses AS jsonb)) AS w(provider text, kind text, reason text, seconds float8)
WHERE w.provider = g.provider AND w.kind = g.kind
