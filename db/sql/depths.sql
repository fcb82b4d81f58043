-- Live jobs by status, kind and provider. Each part reads an index of live rows alone.
SELECT status, kind, provider, count(*) AS jobs FROM video_generation_jobs
WHERE status = 'queued' GROUP BY status, kind, provider
UNION ALL
SELECT status, kind, provider, count(*) FROM video_generation_jobs
WHERE in_hand AND status IN ('processing', 'generating', 'uploading') GROUP BY status, kind, provider
UNION ALL
SELECT status, kind, provider, count(*) FROM video_generation_jobs
WHERE status = 'waiting' GROUP BY status, kind, provider
