"""Review: issues, what a person decided about each scene, and what was sent back.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


# As revision 0004 has it; and what a review sent back is stale as well.
TAKES = """
CREATE OR REPLACE VIEW takes AS
SELECT j.project_id, j.shot_id, j.kind, j.id AS job_id,
       row_number() OVER (
           PARTITION BY j.project_id, j.shot_id, j.kind ORDER BY j.created_at, j.id
       )::integer AS number,
       coalesce(j.id = CASE j.kind WHEN 'image' THEN c.image_job_id ELSE c.video_job_id END, false) AS chosen,
       coalesce(j.input_digest <> CASE j.kind WHEN 'image' THEN n.image_digest ELSE n.video_digest END, false)
           OR (j.kind = 'video' AND s.start_frame_url IS NULL
               AND coalesce(j.start_image_job_id <> c.image_job_id, false)){returned} AS stale
FROM video_generation_jobs j
JOIN shots s ON s.id = j.shot_id
JOIN chosen_takes c ON c.shot_id = j.shot_id
JOIN shot_inputs n ON n.shot_id = j.shot_id
WHERE j.kind IN ('image', 'video')
"""


def upgrade() -> None:
    op.create_table(
        "review_issues",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("scene_id", sa.Uuid(), nullable=False),
        sa.Column("shot_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("at_seconds", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "type IN ('dialogue_audio', 'narrative_structure', 'timing', 'visual_continuity')",
            name=op.f("ck_review_issues_type"),
        ),
        sa.CheckConstraint("at_seconds >= 0", name=op.f("ck_review_issues_at_seconds")),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_review_issues_project_id_projects"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["scene_id"], ["scenes.id"], name=op.f("fk_review_issues_scene_id_scenes"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["shot_id"], ["shots.id"], name=op.f("fk_review_issues_shot_id_shots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_issues")),
    )
    op.create_index(
        op.f("ix_review_issues_scene_id_created_at_id"), "review_issues", ["scene_id", "created_at", "id"]
    )
    op.create_index(op.f("ix_review_issues_project_id"), "review_issues", ["project_id"])
    op.create_index(op.f("ix_review_issues_shot_id"), "review_issues", ["shot_id"])
    op.create_index(
        "ix_review_issues_open",
        "review_issues",
        ["scene_id"],
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.add_column("scenes", sa.Column("review_status", sa.Text(), server_default="pending", nullable=False))
    op.create_check_constraint(
        op.f("ck_scenes_review_status"),
        "scenes",
        "review_status IN ('approved', 'pending', 'returned', 'video_complete')",
    )
    op.execute("UPDATE scenes SET review_status = 'video_complete', stage = 12 WHERE review_ready")
    op.add_column(
        "video_generation_jobs", sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(TAKES.format(returned="\n           OR j.returned_at IS NOT NULL"))


def downgrade() -> None:
    op.execute(TAKES.format(returned=""))
    op.drop_column("video_generation_jobs", "returned_at")
    op.drop_constraint(op.f("ck_scenes_review_status"), "scenes")
    op.drop_column("scenes", "review_status")
    op.drop_table("review_issues")
