-- The status of the video job that decides for each shot of a scene, where there is one.
SELECT shot_id, status FROM deciding_video_jobs WHERE scene_id = :scene AND shot_id IS NOT NULL
