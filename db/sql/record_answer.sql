-- The one write that is not fenced: whoever made the POST may record its answer on the attempt's own row,
-- so that no handle is thrown away. It moves no job and waits for nobody.
UPDATE job_attempts
SET state = CASE WHEN state = 'abandoned' THEN state WHEN CAST(:accepted AS boolean) THEN 'accepted'
            ELSE 'rejected' END,
    provider_job_id = :handle_id, handle = CAST(:handle AS jsonb),
    submitted_at = CASE WHEN CAST(:accepted AS boolean) THEN now() END,
    error_code = :error_code, error_message = :error_message, raw_error = :raw_error,
    finished_at = CASE WHEN CAST(:accepted AS boolean) THEN NULL ELSE now() END
WHERE id = :attempt AND (state IN ('intent', 'unknown') OR (state = 'abandoned' AND handle IS NULL))
