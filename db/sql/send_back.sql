-- A review sends back what there is of a scene, or of one of its shots: made, failed or still being made. What is
-- ordered afterwards is not concerned. The project and the scene are locked, as whoever orders has them.
WITH sent AS MATERIALIZED (
    SELECT id FROM video_generation_jobs
    WHERE scene_id = :scene AND kind = ANY(CAST(:kinds AS text[])) AND returned_at IS NULL
      AND (CAST(:shot AS uuid) IS NULL OR shot_id = CAST(:shot AS uuid))
    ORDER BY id
    FOR NO KEY UPDATE
)
UPDATE video_generation_jobs j SET returned_at = now() FROM sent s WHERE j.id = s.id
