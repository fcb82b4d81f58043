"""Events get their numbers: what numberers read, and more told of a job that is admitted.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ANNOUNCE = """
CREATE OR REPLACE FUNCTION {{schema}}.rushes_announce_jobs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {{schema}}, pg_temp AS $$
BEGIN
    -- Here and not before each row: an ON CONFLICT DO NOTHING may drop a row after that, and a job that was
    -- there already would be told of twice.
    INSERT INTO job_events (project_id, scene_id, job_id, type, data)
    SELECT project_id, scene_id, id, 'job.' || status,
           {data}
    FROM added;
    -- No payload: notifications of one transaction coalesce into one.
    IF EXISTS (SELECT FROM added WHERE status = 'queued') THEN
        PERFORM pg_notify('rushes_jobs', '');
    END IF;
    RETURN NULL;
END $$
"""
BEFORE = _ANNOUNCE.format(
    data="""pg_catalog.jsonb_build_object('status', status, 'previous_status', NULL, 'kind', kind, 'shot_id', shot_id,
                              'error_code', error_code)"""
)
AFTER = _ANNOUNCE.format(
    data="""pg_catalog.jsonb_build_object('status', status, 'previous_status', NULL, 'kind', kind) ||
           pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
               'shot_id', shot_id, 'provider', provider, 'model', model, 'duration_seconds', duration_seconds,
               'estimated_cost', estimated_cost, 'error_code', error_code, 'error_message', error_message))"""
)

# Every event is updated once, when it gets its number: vacuum by a small share of them.
_STORAGE = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05"


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(AFTER.format(schema=schema))
    op.execute(f"ALTER TABLE job_events SET ({_STORAGE})")
    with op.get_context().autocommit_block():
        # A build that was interrupted leaves an index that is not valid.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_job_events_unnumbered")
        op.create_index(
            "ix_job_events_unnumbered",
            "job_events",
            ["sequence", "id"],
            postgresql_where=sa.text("sequence IS NULL"),
            postgresql_concurrently=True,
        )
        # Nothing ever read it, and every event paid for it twice.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_job_events_project_id_id")


def downgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.create_index(op.f("ix_job_events_project_id_id"), "job_events", ["project_id", "id"])
    op.drop_index("ix_job_events_unnumbered", table_name="job_events")
    op.execute(
        "ALTER TABLE job_events RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor)"
    )
    op.execute(BEFORE.format(schema=schema))
