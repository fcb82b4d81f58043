"""The pipeline: chosen takes, what a result was made from, what waits for what, how far a film is.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# The newest image job of a shot that is not cancelled decides for it; an image without a shot for itself.
DECIDING = """
CREATE VIEW deciding_image_jobs AS
SELECT j.id, j.project_id, j.scene_id, j.shot_id, j.status, j.progress, j.storage_path
FROM video_generation_jobs j
WHERE j.kind = 'image' AND j.status <> 'cancelled'
  AND (j.shot_id IS NULL OR NOT EXISTS (
      SELECT FROM video_generation_jobs n
      WHERE n.shot_id = j.shot_id AND n.kind = 'image' AND n.status <> 'cancelled'
        AND (n.created_at, n.id) > (j.created_at, j.id)))
"""

# The clip and the image that stand for each shot: what a person chose, as long as it is stored, else the
# newest completed. A cancelled job's clip that arrived all the same counts only when it is chosen.
CHOSEN = """
CREATE VIEW chosen_takes AS
SELECT s.id AS shot_id, s.project_id, s.scene_id, v.id AS video_job_id, i.id AS image_job_id
FROM shots s
LEFT JOIN LATERAL (
    SELECT j.id FROM video_generation_jobs j
    WHERE j.shot_id = s.id AND j.kind = 'video' AND (j.status = 'completed'
        OR (j.status = 'cancelled' AND j.id = s.chosen_job_id AND j.storage_path IS NOT NULL))
    ORDER BY coalesce(j.id = s.chosen_job_id, false) DESC, j.created_at DESC, j.id DESC LIMIT 1
) v ON true
LEFT JOIN LATERAL (
    SELECT j.id FROM video_generation_jobs j
    WHERE j.shot_id = s.id AND j.kind = 'image' AND (j.status = 'completed'
        OR (j.status = 'cancelled' AND j.id = s.chosen_image_job_id AND j.storage_path IS NOT NULL))
    ORDER BY coalesce(j.id = s.chosen_image_job_id, false) DESC, j.created_at DESC, j.id DESC LIMIT 1
) i ON true
"""

# What a shot's image and clip would be made from now. A clip is made from its image's prompt as well, unless
# its start frame was given.
INPUTS = """
CREATE VIEW shot_inputs AS
SELECT s.id AS shot_id, s.project_id,
       encode(sha256(convert_to(jsonb_build_array(s.image_prompt)::text, 'UTF8')), 'hex') AS image_digest,
       encode(sha256(convert_to(jsonb_build_array(
           s.video_prompt, s.narration, s.duration_seconds, s.start_frame_url, s.end_frame_url,
           CASE WHEN s.start_frame_url IS NULL THEN s.image_prompt END)::text, 'UTF8')), 'hex') AS video_digest
FROM shots s
"""

# Every image and clip of every shot, numbered from 1. Stale: made from something else than the shot says now,
# or started from another image than the one that stands for the shot. To be asked by project or shot.
TAKES = """
CREATE VIEW takes AS
SELECT j.project_id, j.shot_id, j.kind, j.id AS job_id,
       row_number() OVER (
           PARTITION BY j.project_id, j.shot_id, j.kind ORDER BY j.created_at, j.id
       )::integer AS number,
       coalesce(j.id = CASE j.kind WHEN 'image' THEN c.image_job_id ELSE c.video_job_id END, false) AS chosen,
       coalesce(j.input_digest <> CASE j.kind WHEN 'image' THEN n.image_digest ELSE n.video_digest END, false)
           OR (j.kind = 'video' AND s.start_frame_url IS NULL
               AND coalesce(j.start_image_job_id <> c.image_job_id, false)) AS stale
FROM video_generation_jobs j
JOIN shots s ON s.id = j.shot_id
JOIN chosen_takes c ON c.shot_id = j.shot_id
JOIN shot_inputs n ON n.shot_id = j.shot_id
WHERE j.kind IN ('image', 'video')
"""

# The failed jobs that a person has to do something about. A failed image whose shot has a clip, or one on its
# way, is none of them.
FAILURES = """
CREATE VIEW standing_failures AS
SELECT j.id, j.project_id, j.scene_id, j.shot_id, j.kind, j.error_code
FROM video_generation_jobs j
WHERE j.status = 'failed' AND CASE
    WHEN j.kind = 'film' THEN NOT EXISTS (
        SELECT FROM video_generation_jobs n
        WHERE n.project_id = j.project_id AND n.kind = 'film' AND n.status <> 'cancelled'
          AND n.scene_id IS NOT DISTINCT FROM j.scene_id AND (n.created_at, n.id) > (j.created_at, j.id))
    WHEN j.shot_id IS NULL THEN true
    ELSE NOT EXISTS (
        SELECT FROM video_generation_jobs n
        WHERE n.shot_id = j.shot_id AND n.kind = j.kind AND n.status <> 'cancelled'
          AND (n.created_at, n.id) > (j.created_at, j.id))
      AND (j.kind = 'video' OR NOT EXISTS (
        SELECT FROM video_generation_jobs v
        WHERE v.shot_id = j.shot_id AND v.kind = 'video' AND v.status NOT IN ('cancelled', 'waiting')))
    END
"""

# How far a project is: whatever still moves without a person decides first. Each question ends at the first
# row found in an index of few rows, and none is asked once an earlier one is answered; as EXISTS they would
# be hashed, and whole tables read for it. All scenes are looked at only when none that is shown as rendering
# has a job in hand, which is at the end.
STEPS = """
CREATE VIEW project_steps AS
SELECT p.id AS project_id, CASE
    WHEN (SELECT true FROM video_generation_jobs j WHERE j.project_id = p.id AND j.kind = 'image'
          AND j.status IN ('queued', 'processing', 'generating', 'uploading') LIMIT 1) THEN 'images'
    WHEN (SELECT true FROM video_generation_jobs j
          WHERE j.status = 'queued' AND j.kind = 'video' AND j.project_id = p.id
          ORDER BY j.kind, j.project_id, j.priority DESC, j.run_after, j.id LIMIT 1)
      OR (SELECT true FROM scenes s CROSS JOIN LATERAL (
              SELECT FROM video_generation_jobs j
              WHERE j.scene_id = s.id AND j.kind = 'video' AND j.project_id = s.project_id
                AND j.status IN ('processing', 'generating', 'uploading') LIMIT 1
          ) busy WHERE s.project_id = p.id AND s.render_status = 'rendering' LIMIT 1)
      OR (SELECT true FROM scenes s CROSS JOIN LATERAL (
              SELECT FROM video_generation_jobs j
              WHERE j.scene_id = s.id AND j.kind = 'video' AND j.project_id = s.project_id
                AND j.status IN ('processing', 'generating', 'uploading') LIMIT 1
          ) busy WHERE s.project_id = p.id LIMIT 1) THEN 'videos'
    WHEN (SELECT true FROM video_generation_jobs j WHERE j.project_id = p.id AND j.kind = 'film'
          AND j.status IN ('queued', 'processing', 'generating', 'uploading') LIMIT 1) THEN 'stitching'
    -- Nothing moves any more. What waits now waits for a person.
    WHEN (SELECT true FROM video_generation_jobs j
          WHERE j.status = 'waiting' AND j.project_id = p.id LIMIT 1)
      OR (SELECT true FROM scenes s CROSS JOIN LATERAL (
              SELECT FROM deciding_video_jobs d
              WHERE d.scene_id = s.id AND d.project_id = s.project_id AND d.status = 'failed' LIMIT 1
          ) broken WHERE s.project_id = p.id LIMIT 1)
      OR (SELECT true FROM standing_failures f
          WHERE f.project_id = p.id AND f.kind IN ('image', 'film') LIMIT 1) THEN 'failed'
    WHEN (SELECT bool_and((
              SELECT true FROM video_generation_jobs j
              WHERE j.scene_id = s.id AND j.kind = 'video' AND j.project_id = s.project_id
                AND j.status = 'completed' LIMIT 1
          ) IS NOT NULL) FROM scenes s WHERE s.project_id = p.id)
      AND (SELECT true FROM chosen_takes t
           WHERE t.project_id = p.id AND t.video_job_id IS NULL LIMIT 1) IS NULL THEN 'complete'
    WHEN (SELECT true FROM chosen_takes t JOIN video_generation_jobs j ON j.shot_id = t.shot_id
          WHERE t.project_id = p.id AND t.video_job_id IS NULL AND j.status = 'cancelled'
            AND j.kind IN ('image', 'video') LIMIT 1)
      OR (SELECT true FROM scenes s JOIN video_generation_jobs j ON j.scene_id = s.id
          WHERE s.project_id = p.id AND j.kind = 'video' AND j.status = 'cancelled' AND j.shot_id IS NULL
            AND (SELECT true FROM video_generation_jobs m
                 WHERE m.scene_id = s.id AND m.kind = 'video' AND m.status = 'completed' LIMIT 1) IS NULL
          LIMIT 1) THEN 'cancelled'
    ELSE 'script'
END AS step
FROM projects p
"""

VIEWS = {
    "deciding_image_jobs": DECIDING,
    "chosen_takes": CHOSEN,
    "shot_inputs": INPUTS,
    "takes": TAKES,
    "standing_failures": FAILURES,
    "project_steps": STEPS,
}
"""In the order of who needs whom."""

LIVE = "status IN ('generating', 'processing', 'queued', 'uploading', 'waiting')"
INDEXES: tuple[tuple[str, list[str], str, bool], ...] = (
    ("ix_jobs_waiting", ["project_id", "scene_id", "kind"], "status = 'waiting'", False),
    ("ix_jobs_not_video", ["project_id", "kind", "status"], "kind <> 'video'", False),
    (
        "uq_jobs_one_live_film",
        ["coalesce(scene_id, project_id)"],
        f"kind = 'film' AND {LIVE}",
        True,
    ),
)


def upgrade() -> None:
    # First, and each for itself: building one concurrently ends the transaction. What an upgrade that was
    # broken off left of it is built anew.
    with op.get_context().autocommit_block():
        for name, columns, where, unique in INDEXES:
            op.drop_index(
                name, table_name="video_generation_jobs", if_exists=True, postgresql_concurrently=True
            )
            op.create_index(
                name,
                "video_generation_jobs",
                [sa.text(column) if "(" in column else column for column in columns],
                unique=unique,
                postgresql_where=sa.text(where),
                postgresql_concurrently=True,
            )
    op.add_column("shots", sa.Column("chosen_job_id", sa.Uuid(), nullable=True))
    op.add_column("shots", sa.Column("chosen_image_job_id", sa.Uuid(), nullable=True))
    op.add_column("video_generation_jobs", sa.Column("start_image_job_id", sa.Uuid(), nullable=True))
    op.add_column("video_generation_jobs", sa.Column("input_digest", sa.Text(), nullable=True))
    for view in VIEWS.values():
        op.execute(view)


def downgrade() -> None:
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {name}")
    op.drop_column("video_generation_jobs", "input_digest")
    op.drop_column("video_generation_jobs", "start_image_job_id")
    op.drop_column("shots", "chosen_image_job_id")
    op.drop_column("shots", "chosen_job_id")
    for name, *_ in INDEXES:
        op.drop_index(name, table_name="video_generation_jobs")
