-- What has to be locked before this job is.
SELECT project_id, scene_id, provider, kind FROM video_generation_jobs WHERE id = :job
