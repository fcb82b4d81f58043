-- Applies many executors' moves at once, each guarded by expected status and claim token. A move whose
-- guard does not hold writes nothing and says why. Locks: gates, projects and scenes before, then the
-- jobs here, by id.
WITH m AS MATERIALIZED (
    -- As json: jsonb would be built of hundreds of kilobytes that are read once, and copied as a constant while
    -- the statement is planned.
    SELECT * FROM json_to_recordset(CAST(:moves AS json)) AS x(
        n int, id uuid, token uuid, expected text, target text, event text, stays boolean, frees boolean,
        gives_back int, uploads int, delay float8, settles boolean, pause text, pause_seconds float8,
        progress int, provider_job_id text, provider_metadata jsonb, actual_cost numeric, video_url text,
        storage_path text, sha256 text, poster_path text, sprite jsonb, film_shots jsonb, size_bytes bigint, width int, height int,
        actual_duration_seconds float8, error_code text, error_message text,
        a_id uuid, a_state text, a_begun jsonb, a_handle_id text, a_handle jsonb, a_result jsonb,
        a_cost numeric, a_code text, a_message text, a_raw text, a_path text)
), held AS MATERIALIZED (
    SELECT j.id, j.scene_id, j.kind, j.status, j.claim_token, j.in_hand, j.slot_held, j.progress
    FROM video_generation_jobs j
    WHERE j.id IN (SELECT id FROM m)
    ORDER BY j.id
    FOR NO KEY UPDATE
), judged AS MATERIALIZED (
    -- Each move beside its job, once: joined by the keys alone, this is a hash join whatever is estimated.
    SELECT m.*, h.scene_id, h.kind, h.status AS stands, h.in_hand, h.claim_token, h.slot_held,
           h.progress AS progress_before,
           coalesce(h.claim_token = m.token AND h.status = m.expected AND h.in_hand, false) AS holds
    FROM m LEFT JOIN held h ON h.id = m.id
), moved AS (
    UPDATE video_generation_jobs j
    SET status = m.target,
        in_hand = m.stays,
        claimed_by = CASE WHEN m.stays THEN j.claimed_by END,
        slot_held = j.slot_held AND NOT m.frees,
        attempt_count = greatest(j.attempt_count - m.gives_back, 0),
        upload_count = j.upload_count + m.uploads,
        run_after = CASE WHEN m.target = 'queued' THEN now() + make_interval(secs => m.delay) ELSE j.run_after END,
        queued_at = CASE WHEN m.target = 'queued' THEN now() ELSE j.queued_at END,
        submitted_at = CASE WHEN m.expected = 'processing' AND m.target = 'generating' THEN now()
                            ELSE j.submitted_at END,
        generated_at = CASE WHEN m.target = 'uploading' THEN now() ELSE j.generated_at END,
        completed_at = CASE WHEN m.target = 'completed' THEN now() ELSE j.completed_at END,
        finished_at = CASE WHEN m.target IN ('completed', 'failed') THEN now() ELSE j.finished_at END,
        progress = coalesce(m.progress, CASE WHEN m.target = 'queued' THEN 0 ELSE j.progress END),
        provider_job_id = CASE WHEN m.target = 'queued' THEN NULL
                               ELSE coalesce(m.provider_job_id, j.provider_job_id) END,
        provider_metadata = coalesce(m.provider_metadata, j.provider_metadata),
        -- What the attempt was quoted at is on the job from the first move after its begin.
        estimated_cost = CASE WHEN m.expected = 'processing' THEN coalesce(
                             (SELECT a.estimated_cost FROM job_attempts a WHERE a.id = m.a_id), j.estimated_cost)
                             ELSE j.estimated_cost END,
        actual_cost = coalesce(m.actual_cost, j.actual_cost),
        video_url = coalesce(m.video_url, j.video_url),
        storage_path = coalesce(m.storage_path, j.storage_path),
        sha256 = coalesce(m.sha256, j.sha256),
        poster_path = coalesce(m.poster_path, j.poster_path),
        sprite = coalesce(m.sprite, j.sprite),
        film_shots = coalesce(m.film_shots, j.film_shots),
        size_bytes = coalesce(m.size_bytes, j.size_bytes),
        width = coalesce(m.width, j.width),
        height = coalesce(m.height, j.height),
        actual_duration_seconds = coalesce(m.actual_duration_seconds, j.actual_duration_seconds),
        error_code = CASE WHEN m.target IN ('queued', 'failed') THEN m.error_code ELSE j.error_code END,
        error_message = CASE WHEN m.target IN ('queued', 'failed') THEN m.error_message
                             ELSE j.error_message END
    FROM judged m
    -- A begin writes the attempt alone: one version of the job less.
    WHERE j.id = m.id AND m.holds AND m.a_begun IS NULL
    -- Everything the rest needs, so that nothing below joins these lists once more.
    RETURNING j.project_id, j.scene_id, j.shot_id, j.kind, j.provider, m.n, m.id, m.expected, m.target, m.event,
        m.frees, m.frees AND m.slot_held AS freed, m.settles, m.pause, m.pause_seconds, m.progress,
        m.progress_before, m.error_code, m.error_message, m.actual_cost, m.video_url, m.poster_path,
        m.actual_duration_seconds, m.width, m.height, m.a_id, m.a_state, m.a_handle_id, m.a_handle, m.a_result, m.a_cost, m.a_code, m.a_message,
        m.a_raw, m.a_path, j.estimated_cost AS estimate, j.attempt_count AS generations
), answered AS (
    -- What the gates hear, from moves that hold and from no others. Whatever probe was out is answered when
    -- something ends or is accepted; where the provider accepted, or refused one job alone, its faults in a
    -- row are over as well, unless it asked us to wait longer.
    SELECT g.provider, g.kind, a.places, a.pause, a.seconds, o.over,
           -- What is refused while a pause lasts was sent before it: the same fault, which counts once.
           CASE WHEN o.over THEN 0 WHEN a.pause IS NOT NULL AND g.paused_until > now()
                THEN greatest(g.faults - 1, 0) ELSE g.faults END AS faults
    FROM (
        SELECT v.provider, v.kind, CAST(count(*) FILTER (WHERE v.freed) AS integer) AS places,
               bool_or(v.frees OR v.settles OR v.pause IS NOT NULL) AS heard, bool_or(v.settles) AS well,
               max(v.pause) AS pause, max(v.pause_seconds) AS seconds
        FROM moved v GROUP BY v.provider, v.kind
    ) a
    JOIN gates g ON g.provider = a.provider AND g.kind = a.kind
    CROSS JOIN LATERAL (SELECT a.well AND coalesce(g.paused_until <= now(), true) AS over) o
    WHERE a.places > 0 OR a.pause IS NOT NULL OR (a.heard AND g.faults > 0)
), gated AS (
    -- Each fault in a row doubles the pause, from 2 s to 5 min; a provider's own Retry-After is never undercut.
    UPDATE gates g
    SET in_flight = g.in_flight - a.places,
        faults = a.faults + CASE WHEN a.pause IS NULL THEN 0 ELSE 1 END,
        paused_until = CASE
            WHEN a.pause IS NOT NULL THEN greatest(g.paused_until, now() + make_interval(
                secs => greatest(coalesce(a.seconds, 0), least(300, 2 * power(2, least(a.faults, 10))))))
            WHEN a.over THEN NULL ELSE g.paused_until END,
        probed_until = NULL,
        paused_reason = CASE WHEN a.pause IS NOT NULL THEN a.pause WHEN a.over THEN NULL ELSE g.paused_reason END
    FROM answered a
    WHERE g.provider = a.provider AND g.kind = a.kind
), begun AS (
    INSERT INTO job_attempts (id, job_id, number, provider, model, state, request, landing, executor_id,
                              estimated_cost)
    SELECT m.a_id, m.id, (m.a_begun ->> 'number')::int, m.a_begun ->> 'provider', m.a_begun ->> 'model',
           m.a_state, m.a_begun -> 'request', m.a_begun ->> 'landing', (m.a_begun ->> 'executor')::uuid,
           (m.a_begun ->> 'estimated_cost')::numeric
    FROM judged m
    WHERE m.holds AND m.a_begun IS NOT NULL
    ON CONFLICT (id) DO NOTHING
), noted AS (
    UPDATE job_attempts a
    -- Whoever gives a search up does not know of an answer that was recorded meanwhile.
    SET state = CASE WHEN v.a_state = 'unknown' AND a.state IN ('accepted', 'rejected') THEN a.state
                     ELSE v.a_state END,
        provider_job_id = coalesce(v.a_handle_id, a.provider_job_id),
        handle = coalesce(v.a_handle, a.handle),
        result = coalesce(v.a_result, a.result),
        actual_cost = coalesce(v.a_cost, a.actual_cost),
        error_code = coalesce(v.a_code, a.error_code),
        error_message = coalesce(v.a_message, a.error_message),
        raw_error = coalesce(v.a_raw, a.raw_error),
        storage_path = coalesce(v.a_path, a.storage_path),
        submitted_at = CASE WHEN v.a_state = 'accepted' THEN coalesce(a.submitted_at, now())
                            ELSE a.submitted_at END,
        finished_at = CASE WHEN v.a_state IN ('rejected', 'succeeded', 'failed', 'abandoned')
                           THEN coalesce(a.finished_at, now()) ELSE a.finished_at END
    FROM moved v
    WHERE a.id = v.a_id
), told AS (
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT v.project_id, v.scene_id, v.id, v.event,
           jsonb_strip_nulls(jsonb_build_object(
               'status', v.target, 'previous_status', v.expected, 'kind', v.kind, 'shot_id', v.shot_id,
               'progress', v.progress, 'actual_cost', v.actual_cost,
               'estimated_cost', CASE WHEN v.target = 'generating' AND v.expected = 'processing' THEN v.estimate END,
               'attempt_count', CASE WHEN v.target = 'queued' THEN v.generations END)
           -- Most moves have nothing of the rest, and JSON that is built to be stripped costs as much as the move.
           || CASE WHEN v.error_code IS NULL THEN '{}' ELSE jsonb_build_object(
               'error_code', v.error_code, 'error_message', left(v.error_message, 500)) END
           || CASE WHEN v.video_url IS NULL THEN '{}' ELSE jsonb_build_object(
               'video_url', v.video_url, 'actual_duration_seconds', v.actual_duration_seconds,
               'poster_url', '/api/v1/jobs/' || v.id || '/' || CASE WHEN v.poster_path IS NOT NULL THEN 'poster' END,
               'width', v.width, 'height', v.height) END)
    FROM moved v
    WHERE v.event IS NOT NULL
      -- A note that is sent again, because the answer of its flush was lost, is not told again.
      AND NOT (v.event = 'job.progress' AND v.progress = v.progress_before)
      AND NOT (v.event = 'job.submit_unknown'
               AND v.a_state = (SELECT a.state FROM job_attempts a WHERE a.id = v.a_id))
    ORDER BY v.n
)
SELECT m.n, CASE
    WHEN m.holds THEN 'applied'
    -- Applied before, by a flush whose answer was lost.
    WHEN m.claim_token = m.token AND m.stands = m.target AND m.in_hand = m.stays THEN 'applied'
    WHEN m.claim_token = m.token AND m.stands = 'cancelled' AND m.in_hand THEN 'cancelled'
    ELSE 'lost'
END AS outcome,
-- Since its claim looked, the scene may have been completed by its other jobs. (An EXISTS would be hashed,
-- and read all scenes.)
m.kind = 'video' AND m.a_begun IS NOT NULL
    AND (SELECT s.render_status <> 'rendering' FROM scenes s WHERE s.id = m.scene_id) AS unshown
FROM judged m
ORDER BY m.n
