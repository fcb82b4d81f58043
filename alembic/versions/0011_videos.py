"""Which jobs are videos of callers who ask as OpenAI's clients do.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "videos",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("remixed_from", sa.Uuid(), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["video_generation_jobs.id"],
            name=op.f("fk_videos_job_id_video_generation_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_videos")),
    )


def downgrade() -> None:
    op.drop_table("videos")
