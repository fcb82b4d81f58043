"""When each model's next submit may go.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rates",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('film', 'image', 'video')", name=op.f("ck_rates_kind")),
        sa.PrimaryKeyConstraint("provider", "kind", "model", name=op.f("pk_rates")),
    )


def downgrade() -> None:
    op.drop_table("rates")
