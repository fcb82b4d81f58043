"""The first schema: films, jobs, attempts, executors, gates, events, keys.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


RECEIPT = """
CREATE FUNCTION {schema}.rushes_receipt() RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = {schema}, pg_temp AS $$
-- A short public code such as AF83-0B6D, unlike any other project's.
DECLARE
    code text;
BEGIN
    LOOP
        code := upper(left(gen_random_uuid()::text, 8));
        code := left(code, 4) || '-' || right(code, 4);
        EXIT WHEN NOT EXISTS (SELECT FROM projects WHERE receipt = code);
    END LOOP;
    RETURN code;
END $$
"""

# SECURITY DEFINER: whoever may insert a job needs no right on any other table. The search path is fixed,
# so that nobody can put a table of their own in the way; and functions that take anything are named with
# their schema, since one of somebody's own with fitting types would be preferred to them.
ADMIT = """
CREATE FUNCTION {schema}.rushes_admit_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $$
DECLARE
    owner uuid;
    problem text;
BEGIN
    IF NOT EXISTS (SELECT FROM projects WHERE id = NEW.project_id) THEN
        INSERT INTO projects (id) VALUES (NEW.project_id) ON CONFLICT (id) DO NOTHING;
    END IF;
    IF NEW.scene_id IS NOT NULL THEN
        SELECT project_id INTO owner FROM scenes WHERE id = NEW.scene_id;
        IF owner IS NULL THEN
            INSERT INTO scenes (id, project_id, position)
            SELECT NEW.scene_id, NEW.project_id, coalesce(max(position), 0) + 1
            FROM scenes WHERE project_id = NEW.project_id
            ON CONFLICT (id) DO NOTHING;
            SELECT project_id INTO owner FROM scenes WHERE id = NEW.scene_id;
        END IF;
        IF owner <> NEW.project_id THEN
            problem := pg_catalog.format('scene_id is %s; that scene belongs to another project', NEW.scene_id);
        END IF;
    END IF;
    IF NEW.shot_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM shots WHERE id = NEW.shot_id AND scene_id = NEW.scene_id AND project_id = NEW.project_id
    ) THEN
        problem := coalesce(problem, pg_catalog.format('shot_id is %s; there is no such shot in this scene', NEW.shot_id));
        NEW.shot_id := NULL;
    END IF;
    IF NEW.duration_seconds IN ('NaN', 'Infinity', '-Infinity') THEN
        -- No JSON can say it: one such row would break every list that it is on.
        problem := coalesce(problem, pg_catalog.format('duration_seconds is %s; allowed: a number', NEW.duration_seconds));
        NEW.duration_seconds := NULL;
    END IF;
    IF NEW.estimated_cost = 'NaN' OR NEW.actual_cost = 'NaN' OR pg_catalog.jsonb_typeof(NEW.provider_metadata) <> 'object'
       OR greatest(NEW.attempt_count, NEW.claim_count, NEW.upload_count) > 1000 THEN
        problem := coalesce(problem, 'costs, counts and provider_metadata are filled in by Rushes; leave them out');
        NEW.estimated_cost := NULL;
        NEW.actual_cost := NULL;
        NEW.provider_metadata := '{{}}';
        NEW.attempt_count := 0;
        NEW.claim_count := 0;
        NEW.upload_count := 0;
    END IF;
    IF NOT (isfinite(NEW.run_after) AND isfinite(NEW.created_at)) THEN
        problem := coalesce(problem, 'run_after or created_at is infinite; allowed: a moment');
        NEW.run_after := now();
        NEW.created_at := now();
    END IF;
    IF problem IS NOT NULL AND NEW.status IN ('waiting', 'queued') THEN
        -- It fails alone: an error here would undo the caller's whole transaction.
        NEW.status := 'failed';
        NEW.error_code := 'invalid_request';
        NEW.error_message := problem;
        NEW.finished_at := now();
    END IF;
    IF NEW.status = 'queued' THEN
        NEW.queued_at := coalesce(NEW.queued_at, now());
    END IF;
    RETURN NEW;
END $$
"""

ANNOUNCE = """
CREATE FUNCTION {schema}.rushes_announce_jobs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $$
BEGIN
    -- Here and not before each row: an ON CONFLICT DO NOTHING may drop a row after that, and a job that was
    -- there already would be told of twice.
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.' || status,
           pg_catalog.jsonb_build_object('status', status, 'previous_status', NULL, 'kind', kind, 'shot_id', shot_id,
                              'error_code', error_code)
    FROM added;
    -- No payload: notifications of one transaction coalesce into one.
    IF EXISTS (SELECT FROM added WHERE status = 'queued') THEN
        PERFORM pg_notify('rushes_jobs', '');
    END IF;
    RETURN NULL;
END $$
"""

RETURN_PLACES = """
CREATE FUNCTION {schema}.rushes_return_places() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $$
BEGIN
    -- Rows that are deleted, with their project perhaps, give their places back.
    UPDATE gates g SET in_flight = greatest(g.in_flight - r.places, 0)
    FROM (
        SELECT provider, kind, count(*)::int AS places FROM removed WHERE slot_held GROUP BY provider, kind
    ) r
    WHERE g.provider = r.provider AND g.kind = r.kind;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    "CREATE TRIGGER rushes_return AFTER DELETE ON video_generation_jobs "
    "REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION {schema}.rushes_return_places()",
    "CREATE TRIGGER rushes_admit BEFORE INSERT ON video_generation_jobs "
    "FOR EACH ROW EXECUTE FUNCTION {schema}.rushes_admit_job()",
    "CREATE TRIGGER rushes_announce AFTER INSERT ON video_generation_jobs "
    "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {schema}.rushes_announce_jobs()",
)

# The newest video job of a shot that is not cancelled decides for it; a job without a shot for itself.
DECIDING = """
CREATE VIEW deciding_video_jobs AS
SELECT j.id, j.project_id, j.scene_id, j.shot_id, j.status, j.progress
FROM video_generation_jobs j
WHERE j.kind = 'video' AND j.status <> 'cancelled'
  AND (j.shot_id IS NULL OR NOT EXISTS (
      SELECT FROM video_generation_jobs n
      WHERE n.shot_id = j.shot_id AND n.kind = 'video' AND n.status <> 'cancelled'
        AND (n.created_at, n.id) > (j.created_at, j.id)))
"""

# These rows change often and the tables grow for ever: vacuum by a small share of them.
STORAGE = (
    "ALTER TABLE video_generation_jobs SET (autovacuum_vacuum_scale_factor = 0.02, "
    "autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)",
    "ALTER TABLE job_attempts SET (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 85)",
    "ALTER TABLE gates SET (fillfactor = 50, autovacuum_vacuum_threshold = 1000)",
    "ALTER TABLE executors SET (fillfactor = 50)",
)


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(RECEIPT.format(schema=schema))
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("project_ids", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "scopes <@ ARRAY['read', 'render', 'admin'] AND cardinality(scopes) > 0",
            name=op.f("ck_api_keys_scopes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
    )
    op.create_table(
        "executors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "heartbeat_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executors")),
    )
    op.create_table(
        "gates",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("in_flight", sa.Integer(), server_default="0", nullable=False),
        sa.Column("turn", sa.Uuid(), server_default="00000000-0000-0000-0000-000000000000", nullable=False),
        sa.Column("faults", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('film', 'image', 'video')", name=op.f("ck_gates_kind")),
        sa.CheckConstraint("in_flight >= 0", name=op.f("ck_gates_in_flight")),
        sa.PrimaryKeyConstraint("provider", "kind", name=op.f("pk_gates")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("response", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "job_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("scene_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_events")),
    )
    op.create_index(op.f("ix_job_events_project_id_id"), "job_events", ["project_id", "id"], unique=False)
    op.create_index(
        "uq_job_events_sequence",
        "job_events",
        ["project_id", "sequence"],
        unique=True,
        postgresql_where=sa.text("sequence IS NOT NULL"),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("title", sa.Text(), server_default="Untitled", nullable=False),
        sa.Column("receipt", sa.Text(), server_default=sa.text("rushes_receipt()"), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("current_step", sa.Text(), server_default="script", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "current_step IN ('cancelled', 'complete', 'failed', 'images', 'script', 'stitching', 'videos')",
            name=op.f("ck_projects_current_step"),
        ),
        sa.CheckConstraint(
            "status IN ('complete', 'failed', 'pending', 'rendering')", name=op.f("ck_projects_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("receipt", name=op.f("uq_projects_receipt")),
    )
    op.create_index(op.f("ix_projects_created_at_id"), "projects", ["created_at", "id"], unique=False)
    op.create_table(
        "scenes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), server_default="Untitled", nullable=False),
        sa.Column("narration", sa.Text(), nullable=True),
        sa.Column("stage", sa.SmallInteger(), server_default="7", nullable=False),
        sa.Column("render_status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("review_ready", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "render_status IN ('complete', 'failed', 'pending', 'rendering')",
            name=op.f("ck_scenes_render_status"),
        ),
        sa.CheckConstraint("stage BETWEEN 7 AND 12", name=op.f("ck_scenes_stage")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_scenes_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenes")),
    )
    op.create_index(op.f("ix_scenes_project_id_position"), "scenes", ["project_id", "position"], unique=False)
    op.create_table(
        "shots",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("scene_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("image_prompt", sa.Text(), nullable=True),
        sa.Column("video_prompt", sa.Text(), nullable=True),
        sa.Column("narration", sa.Text(), nullable=True),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("start_frame_url", sa.Text(), nullable=True),
        sa.Column("end_frame_url", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_shots_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["scene_id"], ["scenes.id"], name=op.f("fk_shots_scene_id_scenes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shots")),
    )
    op.create_index(op.f("ix_shots_project_id"), "shots", ["project_id"], unique=False)
    op.create_index(op.f("ix_shots_scene_id_position"), "shots", ["scene_id", "position"], unique=False)
    op.create_table(
        "video_generation_jobs",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("scene_id", sa.Uuid(), nullable=True),
        sa.Column("shot_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), server_default="video", nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("prompt", sa.Text(), server_default="", nullable=False),
        sa.Column("negative_prompt", sa.Text(), nullable=True),
        sa.Column("start_frame_url", sa.Text(), nullable=True),
        sa.Column("end_frame_url", sa.Text(), nullable=True),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("aspect_ratio", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("generate_audio", sa.Boolean(), nullable=True),
        sa.Column("run_after", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempt_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claim_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("upload_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_retries", sa.Integer(), nullable=True),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claim_token", sa.Uuid(), nullable=True),
        sa.Column("in_hand", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("slot_held", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_job_id", sa.Text(), nullable=True),
        sa.Column(
            "provider_metadata",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("progress", sa.Integer(), server_default="0", nullable=False),
        sa.Column("video_url", sa.Text(), nullable=True),
        sa.Column("storage_path", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("actual_duration_seconds", sa.Double(), nullable=True),
        sa.Column("estimated_cost", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("actual_cost", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("processing_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("generated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(finished_at IS NOT NULL) = (status IN ('cancelled', 'completed', 'failed'))",
            name=op.f("ck_video_generation_jobs_finished_when_final"),
        ),
        sa.CheckConstraint(
            "CASE WHEN status IN ('generating', 'processing', 'uploading') THEN in_hand WHEN status = 'cancelled' THEN true ELSE NOT in_hand END",
            name=op.f("ck_video_generation_jobs_in_hand"),
        ),
        sa.CheckConstraint(
            "NOT slot_held OR (in_hand AND status <> 'uploading')",
            name=op.f("ck_video_generation_jobs_slot_in_hand"),
        ),
        sa.CheckConstraint("kind IN ('film', 'image', 'video')", name=op.f("ck_video_generation_jobs_kind")),
        sa.CheckConstraint(
            "scene_id IS NOT NULL OR kind = 'film'", name=op.f("ck_video_generation_jobs_scene_unless_film")
        ),
        sa.CheckConstraint(
            "status <> 'completed' OR (storage_path IS NOT NULL AND video_url IS NOT NULL AND sha256 IS NOT NULL AND size_bytes > 0 AND completed_at IS NOT NULL)",
            name=op.f("ck_video_generation_jobs_completed_is_stored"),
        ),
        sa.CheckConstraint(
            "status <> 'failed' OR error_code IS NOT NULL",
            name=op.f("ck_video_generation_jobs_failed_says_why"),
        ),
        sa.CheckConstraint(
            "status IN ('cancelled', 'completed', 'failed', 'generating', 'processing', 'queued', 'uploading', 'waiting')",
            name=op.f("ck_video_generation_jobs_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('generating', 'uploading') OR provider_job_id IS NOT NULL OR kind = 'film'",
            name=op.f("ck_video_generation_jobs_generating_has_handle"),
        ),
        sa.CheckConstraint(
            "attempt_count >= 0 AND claim_count >= 0 AND upload_count >= 0 AND max_retries >= 0",
            name=op.f("ck_video_generation_jobs_counts"),
        ),
        sa.CheckConstraint(
            "claimed_by IS NULL OR (in_hand AND claim_token IS NOT NULL)",
            name=op.f("ck_video_generation_jobs_claimed_in_hand"),
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_video_generation_jobs_progress")),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_video_generation_jobs_project_id_projects"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["scene_id"],
            ["scenes.id"],
            name=op.f("fk_video_generation_jobs_scene_id_scenes"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shot_id"], ["shots.id"], name=op.f("fk_video_generation_jobs_shot_id_shots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_generation_jobs")),
    )
    op.create_index(
        "ix_jobs_completed",
        "video_generation_jobs",
        ["completed_at"],
        unique=False,
        postgresql_where=sa.text("completed_at IS NOT NULL"),
    )
    op.create_index("ix_jobs_created", "video_generation_jobs", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_jobs_in_hand",
        "video_generation_jobs",
        ["claimed_by"],
        unique=False,
        postgresql_where=sa.text("in_hand"),
    )
    op.create_index(
        "ix_jobs_project", "video_generation_jobs", ["project_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_jobs_queue",
        "video_generation_jobs",
        ["kind", "project_id", sa.literal_column("priority DESC"), "run_after", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index("ix_jobs_scene", "video_generation_jobs", ["scene_id", "kind", "status"], unique=False)
    op.create_index(
        "ix_jobs_shot",
        "video_generation_jobs",
        ["shot_id", "kind", "created_at"],
        unique=False,
        postgresql_where=sa.text("shot_id IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_stopping",
        "video_generation_jobs",
        ["claimed_by"],
        unique=False,
        postgresql_where=sa.text("in_hand AND status = 'cancelled'"),
    )
    op.create_index(
        "uq_jobs_one_live_per_shot",
        "video_generation_jobs",
        ["shot_id", "kind"],
        unique=True,
        postgresql_where=sa.text(
            "shot_id IS NOT NULL AND status IN ('generating', 'processing', 'queued', 'uploading', 'waiting')"
        ),
    )
    op.create_table(
        "job_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("landing", sa.Text(), nullable=False),
        sa.Column("executor_id", sa.Uuid(), nullable=True),
        sa.Column("provider_job_id", sa.Text(), nullable=True),
        sa.Column("handle", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("estimated_cost", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("actual_cost", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("raw_error", sa.Text(), nullable=True),
        sa.Column("storage_path", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'accepted' OR provider_job_id IS NOT NULL",
            name=op.f("ck_job_attempts_accepted_has_handle"),
        ),
        sa.CheckConstraint(
            "state IN ('abandoned', 'accepted', 'failed', 'intent', 'rejected', 'succeeded', 'unknown')",
            name=op.f("ck_job_attempts_state"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_job_attempts_number")),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["video_generation_jobs.id"],
            name=op.f("fk_job_attempts_job_id_video_generation_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_attempts")),
        sa.UniqueConstraint("job_id", "number", name=op.f("uq_job_attempts_job_id_number")),
    )
    op.create_index(
        "uq_job_attempts_one_open_per_job",
        "job_attempts",
        ["job_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('accepted', 'intent', 'unknown')"),
    )
    for statement in (ADMIT, ANNOUNCE, RETURN_PLACES, *TRIGGERS, DECIDING, *STORAGE):
        op.execute(statement.format(schema=schema))


def downgrade() -> None:
    op.execute("DROP VIEW deciding_video_jobs")
    op.drop_index(
        "uq_job_attempts_one_open_per_job",
        table_name="job_attempts",
        postgresql_where=sa.text("state IN ('accepted', 'intent', 'unknown')"),
    )
    op.drop_table("job_attempts")
    op.drop_index(
        "uq_jobs_one_live_per_shot",
        table_name="video_generation_jobs",
        postgresql_where=sa.text(
            "shot_id IS NOT NULL AND status IN ('generating', 'processing', 'queued', 'uploading', 'waiting')"
        ),
    )
    op.drop_index(
        "ix_jobs_stopping",
        table_name="video_generation_jobs",
        postgresql_where=sa.text("in_hand AND status = 'cancelled'"),
    )
    op.drop_index(
        "ix_jobs_shot", table_name="video_generation_jobs", postgresql_where=sa.text("shot_id IS NOT NULL")
    )
    op.drop_index("ix_jobs_scene", table_name="video_generation_jobs")
    op.drop_index(
        "ix_jobs_queue", table_name="video_generation_jobs", postgresql_where=sa.text("status = 'queued'")
    )
    op.drop_index("ix_jobs_project", table_name="video_generation_jobs")
    op.drop_index("ix_jobs_in_hand", table_name="video_generation_jobs", postgresql_where=sa.text("in_hand"))
    op.drop_index("ix_jobs_created", table_name="video_generation_jobs")
    op.drop_index(
        "ix_jobs_completed",
        table_name="video_generation_jobs",
        postgresql_where=sa.text("completed_at IS NOT NULL"),
    )
    op.drop_table("video_generation_jobs")
    op.drop_index(op.f("ix_shots_scene_id_position"), table_name="shots")
    op.drop_index(op.f("ix_shots_project_id"), table_name="shots")
    op.drop_table("shots")
    op.drop_index(op.f("ix_scenes_project_id_position"), table_name="scenes")
    op.drop_table("scenes")
    op.drop_index(op.f("ix_projects_created_at_id"), table_name="projects")
    op.drop_table("projects")
    op.drop_index(
        "uq_job_events_sequence", table_name="job_events", postgresql_where=sa.text("sequence IS NOT NULL")
    )
    op.drop_index(op.f("ix_job_events_project_id_id"), table_name="job_events")
    op.drop_table("job_events")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("gates")
    op.drop_table("executors")
    op.drop_table("api_keys")
    op.execute("DROP FUNCTION rushes_admit_job, rushes_announce_jobs, rushes_return_places, rushes_receipt")
