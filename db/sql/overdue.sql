-- Where jobs wait although nothing is in their way any more, or films might: whoever completed what they waited
-- for was of an older release, or did not see a job that was inserted in that moment.
SELECT DISTINCT w.project_id, w.scene_id
FROM video_generation_jobs w
WHERE w.status = 'waiting' AND (w.kind = 'film' OR (w.kind = 'video' AND (
    SELECT true FROM deciding_image_jobs i WHERE i.shot_id = w.shot_id AND i.status = 'completed' LIMIT 1)))
LIMIT 1000
