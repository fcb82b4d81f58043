-- Books slots of one model's submits that take :taken seconds together, behind those that are booked already.
-- Gates and jobs are locked before, if at all; nothing is locked after.
INSERT INTO rates AS r (provider, kind, model, free_at)
VALUES (:provider, :kind, :model,
        clock_timestamp() + make_interval(secs => CAST(:lead AS float8) + CAST(:taken AS float8)))
ON CONFLICT (provider, kind, model) DO UPDATE
SET free_at = greatest(r.free_at, clock_timestamp() + make_interval(secs => CAST(:lead AS float8)))
              + make_interval(secs => CAST(:taken AS float8))
RETURNING extract(epoch FROM free_at)::float8 - CAST(:taken AS float8) AS opens,
          extract(epoch FROM clock_timestamp())::float8 AS clock
