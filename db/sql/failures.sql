-- Jobs that failed lately and still are, by what went wrong. Reads ix_jobs_failed alone.
SELECT error_code, kind, provider, count(*) AS jobs FROM video_generation_jobs
WHERE status = 'failed' AND finished_at > now() - make_interval(secs => :seconds)
GROUP BY error_code, kind, provider
ORDER BY jobs DESC, error_code
