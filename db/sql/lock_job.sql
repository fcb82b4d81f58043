-- After its gate, project and scene. A statement of its own: the next one then sees whatever the last owner
-- of this lock committed, its attempts as well, and not only the row that was waited for.
SELECT project_id, status, error_code, slot_held FROM video_generation_jobs WHERE id = :job FOR NO KEY UPDATE
