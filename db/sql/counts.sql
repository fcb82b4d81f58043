-- Video jobs of some projects by status: one range of ix_jobs_scene per scene, read from the index alone.
SELECT s.project_id, j.status, sum(j.jobs)::bigint AS jobs
FROM scenes s
CROSS JOIN LATERAL (
    SELECT v.status, count(*) AS jobs FROM video_generation_jobs v
    WHERE v.scene_id = s.id AND v.kind = 'video' GROUP BY v.status
) j
WHERE s.project_id = ANY(CAST(:projects AS uuid[]))
GROUP BY s.project_id, j.status
