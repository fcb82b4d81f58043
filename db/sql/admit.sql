-- Writes jobs, all of them at once. What an image or a clip is made from is noted as its shot has it now; the
-- project is locked, so nobody changes the shot meanwhile.
INSERT INTO video_generation_jobs (
    id, project_id, scene_id, shot_id, kind, status, provider, model, prompt, negative_prompt, start_frame_url,
    end_frame_url, duration_seconds, aspect_ratio, resolution, seed, generate_audio, estimated_cost,
    start_image_job_id, input_digest
)
SELECT x.id, x.project_id, x.scene_id, x.shot_id, x.kind, x.status, x.provider, x.model, x.prompt,
       x.negative_prompt, x.start_frame_url, x.end_frame_url, x.duration_seconds, x.aspect_ratio, x.resolution,
       x.seed, x.generate_audio, x.estimated_cost, x.start_image_job_id,
       CASE x.kind WHEN 'image' THEN n.image_digest WHEN 'video' THEN n.video_digest END
FROM jsonb_to_recordset(CAST(:jobs AS jsonb)) AS x(
    id uuid, project_id uuid, scene_id uuid, shot_id uuid, kind text, status text, provider text, model text,
    prompt text, negative_prompt text, start_frame_url text, end_frame_url text, duration_seconds float8,
    aspect_ratio text, resolution text, seed bigint, generate_audio boolean, estimated_cost numeric,
    start_image_job_id uuid)
LEFT JOIN shot_inputs n ON n.shot_id = x.shot_id
ORDER BY x.id
