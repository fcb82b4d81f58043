-- What follows a position in each of some projects: one probe of uq_job_events_sequence each.
SELECT e.project_id, e.sequence, e.type, e.scene_id, e.job_id, e.data, e.created_at
FROM unnest(CAST(:projects AS uuid[]), CAST(:positions AS bigint[])) AS p(project_id, sequence)
CROSS JOIN LATERAL (
    SELECT * FROM job_events x
    WHERE x.project_id = p.project_id AND x.sequence > p.sequence
    ORDER BY x.project_id, x.sequence LIMIT CAST(:limit AS integer)
) e
ORDER BY e.project_id, e.sequence
