-- What a page shows of a project's jobs: for each shot and kind the newest one that is not cancelled (or the
-- newest of all where all are), and the newest 1,000 of those that belong to no shot.
SELECT j.* FROM shots s
CROSS JOIN (VALUES ('image'), ('video'), ('film')) AS k(kind)
CROSS JOIN LATERAL (
    SELECT * FROM video_generation_jobs x WHERE x.shot_id = s.id AND x.kind = k.kind
    ORDER BY x.status = 'cancelled', x.created_at DESC, x.id DESC LIMIT 1
) j
WHERE s.project_id = :project
UNION ALL (
    SELECT * FROM video_generation_jobs WHERE project_id = :project AND shot_id IS NULL
    ORDER BY created_at DESC, id DESC LIMIT 1000
)
