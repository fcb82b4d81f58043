-- Counts the deciding video jobs of a project's scenes by status, every scene once and in film order; and the
-- shots that no job decides for, because none was ordered or all were cancelled.
-- Progress: a completed job is 100, a live one what its provider says and never more than 99, so that 100
-- means that nothing is missing; a failed one and a missing one are 0.
SELECT s.id AS scene_id,
       coalesce(d.counts, '{}') AS counts,
       coalesce(CAST(floor(d.points / (d.jobs + m.shots)) AS integer), 0) AS progress,
       m.shots AS missing,
       s.review_status
FROM scenes s
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(g.status, g.jobs) AS counts, sum(g.points) AS points, sum(g.jobs) AS jobs
    FROM (
        SELECT v.status, count(*) AS jobs, sum(CASE
            WHEN v.status = 'completed' THEN 100 WHEN v.status = 'failed' THEN 0 ELSE least(v.progress, 99)
        END) AS points
        FROM deciding_video_jobs v WHERE v.scene_id = s.id AND v.project_id = s.project_id
        GROUP BY v.status
    ) g
) d
CROSS JOIN LATERAL (
    SELECT count(*) AS shots FROM shots h WHERE h.scene_id = s.id AND NOT EXISTS (
        SELECT FROM video_generation_jobs j
        WHERE j.shot_id = h.id AND j.kind = 'video' AND j.status <> 'cancelled'
    )
) m
WHERE s.project_id = :project AND (CAST(:scene AS uuid) IS NULL OR s.id = CAST(:scene AS uuid))
ORDER BY s.position, s.id
