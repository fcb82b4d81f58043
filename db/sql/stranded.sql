-- Jobs in nobody's living hands for longer than :patience seconds after their submission, of a provider that
-- no living executor has: nobody would ever take them over.
WITH living AS MATERIALIZED (
    SELECT id, settings FROM executors WHERE heartbeat_at >= now() - make_interval(secs => :expiry)
), known AS MATERIALIZED (
    SELECT l.lane ->> 'kind' AS kind, l.lane ->> 'provider' AS provider
    FROM living CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(settings -> 'lanes') WHEN 'array' THEN settings -> 'lanes' ELSE '[]' END) AS l (lane)
), holders AS MATERIALIZED (
    SELECT e.id FROM executors e WHERE NOT EXISTS (SELECT FROM living v WHERE v.id = e.id)
)
(
    SELECT j.id, j.project_id, j.scene_id, j.kind, j.provider FROM video_generation_jobs j
    WHERE j.in_hand AND j.claimed_by IS NULL
      AND coalesce(j.submitted_at, j.processing_started_at, j.created_at) < now() - make_interval(secs => :patience)
      AND NOT EXISTS (SELECT FROM known k WHERE k.kind = j.kind AND k.provider = j.provider)
    -- In the order of ix_jobs_in_hand, so that no other index will do.
    ORDER BY j.claimed_by LIMIT 100
)
UNION ALL
SELECT o.* FROM holders h CROSS JOIN LATERAL (
    SELECT j.id, j.project_id, j.scene_id, j.kind, j.provider FROM video_generation_jobs j
    WHERE j.in_hand AND j.claimed_by = h.id
      AND coalesce(j.submitted_at, j.processing_started_at, j.created_at) < now() - make_interval(secs => :patience)
      AND NOT EXISTS (SELECT FROM known k WHERE k.kind = j.kind AND k.provider = j.provider)
    LIMIT 100
) o
