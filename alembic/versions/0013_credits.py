"""Credits: accounts, their ledger, what is held for jobs, and which jobs wait for credits.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


# The only writer of an account's figures: whoever appends to the ledger, they are the sums of its rows.
BOOK = """
CREATE FUNCTION {schema}.rushes_book_credits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $$
BEGIN
    INSERT INTO credit_accounts (project_id) SELECT DISTINCT project_id FROM added ORDER BY project_id
    ON CONFLICT DO NOTHING;
    WITH sums AS (
        SELECT project_id, sum(amount)::bigint AS amount, sum(held)::bigint AS held, sum(spent)::bigint AS spent,
               sum(owed)::bigint AS owed
        FROM added GROUP BY project_id
    ), kinds AS (
        SELECT k.project_id, pg_catalog.jsonb_object_agg(k.kind, pg_catalog.round(k.moved / 1000000.0, 6)) AS moved
        FROM (
            SELECT project_id, kind,
                   sum(CASE kind WHEN 'hold' THEN held WHEN 'settle' THEN spent ELSE amount END) AS moved
            FROM added GROUP BY project_id, kind
        ) k
        GROUP BY k.project_id
    ), booked AS (
        UPDATE credit_accounts a
        SET balance = a.balance + s.amount, held = a.held + s.held, spent = a.spent + s.spent,
            owed = a.owed + s.owed, updated_at = now()
        FROM sums s WHERE a.project_id = s.project_id
        RETURNING a.*
    )
    INSERT INTO job_events (project_id, type, data)
    SELECT b.project_id, 'credits.changed', pg_catalog.jsonb_build_object(
               'balance', pg_catalog.round(b.balance / 1000000.0, 6), 'held', pg_catalog.round(b.held / 1000000.0, 6),
               'spent', pg_catalog.round(b.spent / 1000000.0, 6), 'owed', pg_catalog.round(b.owed / 1000000.0, 6),
               'moved', k.moved)
    FROM booked b JOIN kinds k ON k.project_id = b.project_id;
    RETURN NULL;
END $$
"""

REFUSE = """
CREATE FUNCTION {schema}.rushes_keep_books() RETURNS trigger LANGUAGE plpgsql
SET search_path = {schema}, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a mistake is mended by another row', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""

# Deeper than one trigger it is the ledger that writes.
GUARD = """
CREATE FUNCTION {schema}.rushes_guard_account() RETURNS trigger LANGUAGE plpgsql
SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF pg_trigger_depth() = 1 AND (
        (TG_OP = 'INSERT' AND (NEW.balance, NEW.held, NEW.spent, NEW.owed) <> (0, 0, 0, 0))
        OR (TG_OP = 'UPDATE' AND (NEW.balance, NEW.held, NEW.spent, NEW.owed)
            <> (OLD.balance, OLD.held, OLD.spent, OLD.owed))
    ) THEN
        RAISE EXCEPTION 'an account''s figures are the sums of its ledger: append to credit_ledger'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

FUNCTIONS = {"rushes_book_credits": BOOK, "rushes_keep_books": REFUSE, "rushes_guard_account": GUARD}

TRIGGERS = (
    "CREATE TRIGGER rushes_book AFTER INSERT ON credit_ledger REFERENCING NEW TABLE AS added "
    "FOR EACH STATEMENT EXECUTE FUNCTION {schema}.rushes_book_credits()",
    "CREATE TRIGGER rushes_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_ledger "
    "FOR EACH STATEMENT EXECUTE FUNCTION {schema}.rushes_keep_books()",
    "CREATE TRIGGER rushes_keep BEFORE DELETE OR TRUNCATE ON credit_accounts "
    "FOR EACH STATEMENT EXECUTE FUNCTION {schema}.rushes_keep_books()",
    "CREATE TRIGGER rushes_guard BEFORE INSERT OR UPDATE ON credit_accounts "
    "FOR EACH ROW EXECUTE FUNCTION {schema}.rushes_guard_account()",
)

# What is due of each hold. It is about the latest attempt since it was opened, or the one that it is kept for
# although its job went on. In doubt is an attempt that may yet be billed: it is open, or given up without an
# answer. To be asked by job, but for the tidying, which asks for all.
VERDICTS = """
CREATE VIEW hold_verdicts AS
SELECT h.job_id, h.number, h.project_id, h.amount, h.receipt_id, a.id AS attempt_id, coalesce(a.cost, 0) AS cost,
       CASE
           WHEN h.attempt_id IS NULL AND j.status IN ('processing', 'generating', 'uploading') THEN 'open'
           WHEN a.cost > 0 AND NOT EXISTS (SELECT FROM credit_ledger l WHERE l.key = 'settle:' || a.id) THEN 'settle'
           WHEN a.doubtful AND h.attempt_id IS NULL AND j.status IN ('waiting', 'queued') THEN 'keep'
           WHEN a.doubtful THEN 'open'
           WHEN h.attempt_id IS NULL AND j.status IN ('waiting', 'queued') THEN 'open'
           ELSE 'release'
       END AS verdict
FROM credit_holds h
LEFT JOIN video_generation_jobs j ON j.id = h.job_id
LEFT JOIN LATERAL (
    SELECT x.id, CAST(round(1000000 * CASE
               WHEN x.result IS NOT NULL OR x.storage_path IS NOT NULL THEN coalesce(x.actual_cost, x.estimated_cost, 0)
               ELSE coalesce(x.actual_cost, 0) END) AS bigint) AS cost,
           x.result IS NULL AND x.storage_path IS NULL AND (x.state IN ('intent', 'accepted', 'unknown') OR (x.state = 'abandoned' AND (
               x.finished_at IS NULL OR x.error_code IS NULL
               OR x.error_code IN ('submit_unknown', 'deadline_exceeded')))) AS doubtful
    FROM job_attempts x
    WHERE x.job_id = h.job_id AND (h.attempt_id IS NULL OR x.id = h.attempt_id) AND x.number >= h.first_attempt
    ORDER BY x.number DESC LIMIT 1
) a ON true
"""

ENTRY = """
CASE kind
    WHEN 'grant' THEN amount > 0 AND held = 0 AND spent = 0 AND owed = 0
    WHEN 'hold' THEN amount = -held AND held >= 0 AND spent = 0 AND owed = 0
    WHEN 'settle' THEN amount + held + spent = 0 AND amount <= 0 AND held <= 0 AND spent + owed >= 0
    WHEN 'release' THEN amount = -held AND amount > 0 AND spent = 0 AND owed = 0
    WHEN 'refund' THEN amount = -spent AND amount > 0 AND held = 0 AND owed = 0
    ELSE false
END
"""


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _micros(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.create_table(
        "credit_accounts",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        _micros("balance"),
        _micros("held"),
        _micros("spent"),
        _micros("owed"),
        sa.Column("spend_cap", sa.BigInteger(), nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        sa.CheckConstraint(
            "balance >= 0 AND held >= 0 AND spent >= 0 AND owed >= 0 AND spend_cap >= 0",
            name=op.f("ck_credit_accounts_never_negative"),
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_credit_accounts")),
    )
    op.create_table(
        "credit_ledger",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _micros("amount"),
        _micros("held"),
        _micros("spent"),
        _micros("owed"),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        _moment("created_at"),
        sa.CheckConstraint(ENTRY, name=op.f("ck_credit_ledger_adds_up")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_ledger")),
        sa.UniqueConstraint("key", name=op.f("uq_credit_ledger_key")),
    )
    op.create_index(op.f("ix_credit_ledger_project_id_id"), "credit_ledger", ["project_id", "id"])
    op.create_index(
        op.f("ix_credit_ledger_job_id"),
        "credit_ledger",
        ["job_id"],
        postgresql_where=sa.text("job_id IS NOT NULL"),
    )
    op.create_table(
        "credit_holds",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("first_attempt", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        _moment("created_at"),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_credit_holds_amount")),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_credit_holds")),
    )
    op.create_index(
        "uq_credit_holds_one_per_generation",
        "credit_holds",
        ["job_id"],
        unique=True,
        postgresql_where=sa.text("attempt_id IS NULL"),
    )
    op.create_table(
        "credit_waits",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("needed", sa.BigInteger(), nullable=False),
        _moment("created_at"),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["video_generation_jobs.id"],
            name=op.f("fk_credit_waits_job_id_video_generation_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_credit_waits")),
    )
    op.create_index(
        op.f("ix_credit_waits_project_id_needed_job_id"), "credit_waits", ["project_id", "needed", "job_id"]
    )
    # An account is written again and again, and what is held is gone soon: vacuum them early.
    op.execute("ALTER TABLE credit_accounts SET (fillfactor = 50, autovacuum_vacuum_threshold = 1000)")
    op.execute("ALTER TABLE credit_holds SET (autovacuum_vacuum_scale_factor = 0.02)")
    for function in FUNCTIONS.values():
        op.execute(function.format(schema=schema))
    for trigger in TRIGGERS:
        op.execute(trigger.format(schema=schema))
    op.execute(VERDICTS)


def downgrade() -> None:
    op.execute("DROP VIEW hold_verdicts")
    for table in ("credit_waits", "credit_holds", "credit_ledger", "credit_accounts"):
        op.drop_table(table)
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name}()")
