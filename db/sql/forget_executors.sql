-- Rows of executors long gone, once nothing points at them any more.
DELETE FROM executors e
WHERE (e.heartbeat_at < now() - interval '1 day')
  AND NOT EXISTS (SELECT FROM video_generation_jobs j WHERE j.claimed_by = e.id AND j.in_hand)
