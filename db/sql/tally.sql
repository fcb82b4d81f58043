-- Counts the deciding video jobs of a project's scenes by status, every scene once and in film order.
-- Progress: a completed job is 100, a live one what its provider says and never more than 99, so that 100
-- means completed; a failed one is 0.
SELECT s.id AS scene_id,
       coalesce(jsonb_object_agg(d.status, d.jobs) FILTER (WHERE d.status IS NOT NULL), '{}') AS counts,
       coalesce(CAST(floor(sum(d.points) / sum(d.jobs)) AS integer), 0) AS progress
FROM scenes s
LEFT JOIN LATERAL (
    SELECT v.status, count(*) AS jobs, sum(CASE
        WHEN v.status = 'completed' THEN 100 WHEN v.status = 'failed' THEN 0 ELSE least(v.progress, 99)
    END) AS points
    FROM deciding_video_jobs v WHERE v.scene_id = s.id AND v.project_id = s.project_id
    GROUP BY v.status
) d ON true
WHERE s.project_id = :project AND (CAST(:scene AS uuid) IS NULL OR s.id = CAST(:scene AS uuid))
GROUP BY s.id, s.position
ORDER BY s.position, s.id
