-- What a POST answered, if whoever made it recorded it late.
SELECT provider_job_id, handle, error_code, error_message, raw_error FROM job_attempts
WHERE id = :attempt AND (provider_job_id IS NOT NULL OR state = 'rejected')
