-- A stopping executor puts what it holds into nobody's hands; whoever lives takes it over at once.
WITH left_behind AS (
    UPDATE video_generation_jobs SET claimed_by = NULL WHERE claimed_by = :executor AND in_hand RETURNING id
), gone AS (
    UPDATE executors SET stopped_at = now(), heartbeat_at = '-infinity' WHERE id = :executor
)
SELECT count(*) AS left_behind, pg_notify('rushes_jobs', '') FROM left_behind
