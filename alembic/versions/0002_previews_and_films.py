"""Pictures of a clip, and which shots a film is made of.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JOBS = "video_generation_jobs"


def upgrade() -> None:
    op.add_column(JOBS, sa.Column("poster_path", sa.Text(), nullable=True))
    op.add_column(JOBS, sa.Column("sprite", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column(JOBS, sa.Column("film_shots", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    for name in ("film_shots", "sprite", "poster_path"):
        op.drop_column(JOBS, name)
