-- Gives shots without a video prompt one. Somebody who was faster is not overwritten.
UPDATE shots s SET video_prompt = x.prompt, updated_at = now()
FROM jsonb_to_recordset(CAST(:prompts AS jsonb)) AS x(shot uuid, prompt text)
WHERE s.id = x.shot AND s.project_id = :project AND btrim(coalesce(s.video_prompt, ''), E' \t\r\n') = ''
