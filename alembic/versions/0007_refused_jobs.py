"""Jobs that are over as they are inserted ask for their scene to be rolled up.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Deciding the scene here would lock it, and its project, for as long as the caller's transaction.
ASK = """
CREATE FUNCTION {schema}.rushes_ask_for_roll_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $$
BEGIN
    INSERT INTO roll_ups_due (project_id, scene_id)
    SELECT DISTINCT project_id, scene_id FROM added WHERE status IN ('cancelled', 'completed', 'failed');
    RETURN NULL;
END $$
"""
TRIGGER = (
    "CREATE TRIGGER rushes_ask AFTER INSERT ON video_generation_jobs "
    "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {schema}.rushes_ask_for_roll_up()"
)


def upgrade() -> None:
    op.create_table(
        "roll_ups_due",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("scene_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_ups_due")),
    )
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for statement in (ASK, TRIGGER):
        op.execute(statement.format(schema=schema))


def downgrade() -> None:
    op.execute("DROP TRIGGER rushes_ask ON video_generation_jobs")
    op.execute("DROP FUNCTION rushes_ask_for_roll_up")
    op.drop_table("roll_ups_due")
