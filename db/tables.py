"""The tables. ``alembic check`` keeps the migrations equal to this page.

Invariants that hold whatever a program does live here as CHECKs and partial unique indexes; rules that
need time or other rows live in the statements under ``db/sql`` and in the insert trigger of the first
migration.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from db.metadata import key_column, metadata, moment, one_of
from domain.review import IssueType
from domain.statuses import (
    FINAL,
    IN_HAND,
    LIVE,
    AttemptState,
    JobKind,
    JobStatus,
    RenderStatus,
    ReviewStatus,
    Step,
)

projects = Table(
    "projects",
    metadata,
    key_column(),
    Column("title", Text, nullable=False, server_default="Untitled"),
    Column("receipt", Text, nullable=False, server_default=text("rushes_receipt()")),
    Column("status", Text, nullable=False, server_default=RenderStatus.PENDING),
    Column("current_step", Text, nullable=False, server_default=Step.SCRIPT),
    moment("created_at", required=True),
    moment("updated_at", required=True),
    CheckConstraint(one_of("status", RenderStatus), name="status"),
    CheckConstraint(one_of("current_step", Step), name="current_step"),
    UniqueConstraint("receipt"),
    Index(None, "created_at", "id"),
)

scenes = Table(
    "scenes",
    metadata,
    key_column(),
    Column("project_id", Uuid, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("title", Text, nullable=False, server_default="Untitled"),
    Column("narration", Text),
    Column("stage", SmallInteger, nullable=False, server_default="7"),
    Column("render_status", Text, nullable=False, server_default=RenderStatus.PENDING),
    Column("review_ready", Boolean, nullable=False, server_default=text("false")),
    moment("created_at", required=True),
    moment("updated_at", required=True),
    Column("review_status", Text, nullable=False, server_default=ReviewStatus.PENDING),
    CheckConstraint(one_of("review_status", ReviewStatus), name="review_status"),
    CheckConstraint("stage BETWEEN 7 AND 12", name="stage"),
    CheckConstraint(one_of("render_status", RenderStatus), name="render_status"),
    Index(None, "project_id", "position"),
)

shots = Table(
    "shots",
    metadata,
    key_column(),
    Column("project_id", Uuid, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("scene_id", Uuid, ForeignKey("scenes.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("label", Text, nullable=False),
    Column("image_prompt", Text),
    Column("video_prompt", Text),
    Column("narration", Text),
    Column("duration_seconds", Double),
    Column("start_frame_url", Text),
    Column("end_frame_url", Text),
    moment("created_at", required=True),
    moment("updated_at", required=True),
    # No foreign keys: a choice ends with the job that was chosen, and jobs already point at their shots.
    Column("chosen_job_id", Uuid),
    Column("chosen_image_job_id", Uuid),
    Index(None, "scene_id", "position"),
    Index(None, "project_id"),
)

jobs = Table(
    "video_generation_jobs",
    metadata,
    key_column(),
    Column("project_id", Uuid, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("scene_id", Uuid, ForeignKey("scenes.id", ondelete="CASCADE")),
    Column("shot_id", Uuid, ForeignKey("shots.id", ondelete="CASCADE")),
    Column("kind", Text, nullable=False, server_default=JobKind.VIDEO),
    Column("status", Text, nullable=False, server_default=JobStatus.QUEUED),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("provider", Text),
    Column("model", Text),
    Column("prompt", Text, nullable=False, server_default=""),
    Column("negative_prompt", Text),
    Column("start_frame_url", Text),
    Column("end_frame_url", Text),
    Column("duration_seconds", Double),
    Column("aspect_ratio", Text),
    Column("resolution", Text),
    Column("seed", BigInteger),
    Column("generate_audio", Boolean),
    moment("run_after", required=True),
    Column("attempt_count", Integer, nullable=False, server_default="0"),
    Column("claim_count", Integer, nullable=False, server_default="0"),
    Column("upload_count", Integer, nullable=False, server_default="0"),
    Column("max_retries", Integer),
    Column("claimed_by", Uuid),
    Column("claim_token", Uuid),
    Column("in_hand", Boolean, nullable=False, server_default=text("false")),
    Column("slot_held", Boolean, nullable=False, server_default=text("false")),
    moment("cancel_requested_at"),
    Column("provider_job_id", Text),
    Column("provider_metadata", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("progress", Integer, nullable=False, server_default="0"),
    Column("video_url", Text),
    Column("storage_path", Text),
    Column("sha256", Text),
    Column("size_bytes", BigInteger),
    Column("width", Integer),
    Column("height", Integer),
    Column("actual_duration_seconds", Double),
    Column("estimated_cost", Numeric(12, 6)),
    Column("actual_cost", Numeric(12, 6)),
    Column("error_code", Text),
    Column("error_message", Text),
    moment("created_at", required=True),
    Column("queued_at", DateTime(timezone=True)),
    moment("processing_started_at"),
    moment("submitted_at"),
    moment("generated_at"),
    moment("completed_at"),
    moment("finished_at"),
    Column("poster_path", Text),
    Column("sprite", JSONB),
    Column("film_shots", JSONB),
    Column("start_image_job_id", Uuid),
    Column("input_digest", Text),
    moment("returned_at"),
    CheckConstraint(one_of("kind", JobKind), name="kind"),
    CheckConstraint(one_of("status", JobStatus), name="status"),
    CheckConstraint("scene_id IS NOT NULL OR kind = 'film'", name="scene_unless_film"),
    CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
    CheckConstraint(
        "attempt_count >= 0 AND claim_count >= 0 AND upload_count >= 0 AND max_retries >= 0", name="counts"
    ),
    CheckConstraint(f"(finished_at IS NOT NULL) = ({one_of('status', FINAL)})", name="finished_when_final"),
    CheckConstraint(
        f"CASE WHEN {one_of('status', IN_HAND)} THEN in_hand WHEN status = 'cancelled' THEN true "
        "ELSE NOT in_hand END",
        name="in_hand",
    ),
    CheckConstraint("claimed_by IS NULL OR (in_hand AND claim_token IS NOT NULL)", name="claimed_in_hand"),
    CheckConstraint("NOT slot_held OR (in_hand AND status <> 'uploading')", name="slot_in_hand"),
    CheckConstraint(
        "status <> 'completed' OR (storage_path IS NOT NULL AND video_url IS NOT NULL AND sha256 IS NOT NULL "
        "AND size_bytes > 0 AND completed_at IS NOT NULL)",
        name="completed_is_stored",
    ),
    CheckConstraint("status <> 'failed' OR error_code IS NOT NULL", name="failed_says_why"),
    CheckConstraint(
        "status NOT IN ('generating', 'uploading') OR provider_job_id IS NOT NULL OR kind = 'film'",
        name="generating_has_handle",
    ),
    # What a claim walks: a project's due jobs in order, and from project to project. Those that name no
    # provider are a queue of their own.
    Index(
        "ix_jobs_lane",
        "kind",
        text("coalesce(provider, '')"),
        "project_id",
        text("priority DESC"),
        "run_after",
        "id",
        postgresql_where=text("status = 'queued'"),
    ),
    # The same of every provider together: for project_steps, and for executors of a release that does not
    # know the other one yet.
    Index(
        "ix_jobs_queue",
        "kind",
        "project_id",
        text("priority DESC"),
        "run_after",
        "id",
        postgresql_where=text("status = 'queued'"),
    ),
    Index("ix_jobs_in_hand", "claimed_by", postgresql_where=text("in_hand")),
    Index("ix_jobs_stopping", "claimed_by", postgresql_where=text("in_hand AND status = 'cancelled'")),
    Index(
        "uq_jobs_one_live_per_shot",
        "shot_id",
        "kind",
        unique=True,
        postgresql_where=text(f"shot_id IS NOT NULL AND {one_of('status', LIVE)}"),
    ),
    Index("ix_jobs_shot", "shot_id", "kind", "created_at", postgresql_where=text("shot_id IS NOT NULL")),
    Index("ix_jobs_scene", "scene_id", "kind", "status"),
    Index("ix_jobs_project", "project_id", "created_at", "id"),
    Index("ix_jobs_created", "created_at", "id"),
    # What may be queued by what completes, and what a project has beside its clips. Neither has an entry for
    # a plain video job.
    Index("ix_jobs_waiting", "project_id", "scene_id", "kind", postgresql_where=text("status = 'waiting'")),
    Index("ix_jobs_not_video", "project_id", "kind", "status", postgresql_where=text("kind <> 'video'")),
    Index(
        "uq_jobs_one_live_film",
        text("coalesce(scene_id, project_id)"),
        unique=True,
        postgresql_where=text(f"kind = 'film' AND {one_of('status', LIVE)}"),
    ),
    # What the machine room reads: what failed lately.
    Index("ix_jobs_failed", "finished_at", postgresql_where=text("status = 'failed'")),
    # What the ETA reads: the latest completions, however many there are. Grows at its right edge alone.
    Index("ix_jobs_completed", "completed_at", postgresql_where=text("completed_at IS NOT NULL")),
)

videos = Table(
    "videos",
    metadata,
    Column("job_id", Uuid, ForeignKey("video_generation_jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("remixed_from", Uuid),
    moment("hidden_at"),
)

review_issues = Table(
    "review_issues",
    metadata,
    key_column(),
    Column("project_id", Uuid, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("scene_id", Uuid, ForeignKey("scenes.id", ondelete="CASCADE"), nullable=False),
    Column("shot_id", Uuid, ForeignKey("shots.id", ondelete="CASCADE")),
    Column("type", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("at_seconds", Double),
    moment("created_at", required=True),
    moment("resolved_at"),
    CheckConstraint(one_of("type", IssueType), name="type"),
    CheckConstraint("at_seconds >= 0", name="at_seconds"),
    Index(None, "scene_id", "created_at", "id"),
    Index(None, "project_id"),
    Index(None, "shot_id"),
    Index("ix_review_issues_open", "scene_id", postgresql_where=text("resolved_at IS NULL")),
)

OPEN_ATTEMPTS = frozenset({AttemptState.INTENT, AttemptState.ACCEPTED, AttemptState.UNKNOWN})
"""States in which the provider may be working on a live job's attempt."""

attempts = Table(
    "job_attempts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("job_id", Uuid, ForeignKey("video_generation_jobs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("landing", Text, nullable=False),
    Column("executor_id", Uuid),
    Column("provider_job_id", Text),
    Column("handle", JSONB),
    Column("result", JSONB),
    Column("estimated_cost", Numeric(12, 6)),
    Column("actual_cost", Numeric(12, 6)),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("raw_error", Text),
    Column("storage_path", Text),
    moment("created_at", required=True),
    moment("submitted_at"),
    moment("finished_at"),
    CheckConstraint(one_of("state", AttemptState), name="state"),
    CheckConstraint("number >= 1", name="number"),
    CheckConstraint("state <> 'accepted' OR provider_job_id IS NOT NULL", name="accepted_has_handle"),
    UniqueConstraint("job_id", "number"),
    Index(
        "uq_job_attempts_one_open_per_job",
        "job_id",
        unique=True,
        postgresql_where=text(one_of("state", OPEN_ATTEMPTS)),
    ),
)

executors = Table(
    "executors",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    moment("started_at", required=True),
    moment("heartbeat_at", required=True),
    moment("stopped_at"),
)

gates = Table(
    "gates",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("in_flight", Integer, nullable=False, server_default="0"),
    Column("turn", Uuid, nullable=False, server_default="00000000-0000-0000-0000-000000000000"),
    Column("faults", Integer, nullable=False, server_default="0"),
    Column("paused_until", DateTime(timezone=True)),
    Column("probed_until", DateTime(timezone=True)),
    Column("paused_reason", Text),
    CheckConstraint("in_flight >= 0", name="in_flight"),
    CheckConstraint(one_of("kind", JobKind), name="kind"),
)

rates = Table(
    "rates",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("free_at", DateTime(timezone=True), nullable=False),
    CheckConstraint(one_of("kind", JobKind), name="kind"),
)

events = Table(
    "job_events",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("project_id", Uuid, nullable=False),
    Column("scene_id", Uuid),
    Column("job_id", Uuid),
    Column("type", Text, nullable=False),
    Column("data", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("sequence", BigInteger),
    moment("created_at", required=True),
    # What a numberer reads: hardly anything, whatever the table holds.
    Index("ix_job_events_unnumbered", "sequence", "id", postgresql_where=text("sequence IS NULL")),
    Index(
        "uq_job_events_sequence",
        "project_id",
        "sequence",
        unique=True,
        postgresql_where=text("sequence IS NOT NULL"),
    ),
)

roll_ups_due = Table(
    "roll_ups_due",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("project_id", Uuid, nullable=False),
    Column("scene_id", Uuid),
)
