-- What a page shows of a project's jobs: for each shot and kind the newest one that is not cancelled (or the
-- newest of all where all are) and the one that stands for the shot, which may be older; and the newest 1,000 of
-- those that belong to no shot.
SELECT j.* FROM (
    SELECT n.id FROM shots s
    CROSS JOIN (VALUES ('image'), ('video'), ('film')) AS k(kind)
    CROSS JOIN LATERAL (
        SELECT id FROM video_generation_jobs x WHERE x.shot_id = s.id AND x.kind = k.kind
        ORDER BY x.status = 'cancelled', x.created_at DESC, x.id DESC LIMIT 1
    ) n
    WHERE s.project_id = :project
    UNION
    SELECT standing.id FROM chosen_takes c
    CROSS JOIN LATERAL (VALUES (c.video_job_id), (c.image_job_id)) AS standing(id)
    WHERE c.project_id = :project
    UNION ALL (
        SELECT id FROM video_generation_jobs WHERE project_id = :project AND shot_id IS NULL
        ORDER BY created_at DESC, id DESC LIMIT 1000
    )
) shown
JOIN video_generation_jobs j ON j.id = shown.id
