-- How long the latest completed jobs took, by sort. 500 of them are read, however many there are.
SELECT provider, model, duration_seconds,
       percentile_cont(0.5) WITHIN GROUP (
           ORDER BY extract(epoch FROM completed_at - processing_started_at)
       )::float8 AS seconds
FROM (
    SELECT kind, provider, model, duration_seconds, completed_at, processing_started_at
    FROM video_generation_jobs
    WHERE completed_at IS NOT NULL
    ORDER BY completed_at DESC LIMIT 500
) latest
WHERE kind = :kind AND provider IS NOT NULL AND model IS NOT NULL AND processing_started_at IS NOT NULL
GROUP BY provider, model, duration_seconds
HAVING count(*) >= 3
