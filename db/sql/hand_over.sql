-- A stopping executor puts what it holds into nobody's hands; whoever lives takes it over at once.
WITH held AS MATERIALIZED (
    SELECT id FROM video_generation_jobs WHERE claimed_by = :executor AND in_hand
    ORDER BY id
    FOR NO KEY UPDATE
), left_behind AS (
    UPDATE video_generation_jobs j SET claimed_by = NULL
    FROM held h
    WHERE j.id = h.id AND j.claimed_by = :executor AND j.in_hand
    RETURNING j.id
), gone AS (
    UPDATE executors SET stopped_at = now(), heartbeat_at = '-infinity' WHERE id = :executor
)
SELECT count(*) AS left_behind, pg_notify('rushes_jobs', '') FROM left_behind
