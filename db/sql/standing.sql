-- How far a project is, by the same view that its roll-up stores, and what there is to say about it: its images,
-- and at the end what failed.
SELECT v.step,
       (SELECT count(*) FROM deciding_image_jobs i WHERE i.project_id = v.project_id) AS images,
       (SELECT count(*) FROM deciding_image_jobs i
        WHERE i.project_id = v.project_id AND i.status = 'completed') AS images_completed,
       CASE WHEN v.step = 'failed' THEN (
           SELECT jsonb_object_agg(f.kind, f.jobs) FROM (
               SELECT kind, count(*) AS jobs FROM standing_failures
               WHERE project_id = v.project_id GROUP BY kind
           ) f
       ) END AS failures
FROM project_steps v
WHERE v.project_id = :project
