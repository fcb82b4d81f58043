"""The tables of credits: accounts, their ledger, what is held, and what waits. All amounts are micro-dollars.

An account's figures are written by a trigger of the ledger alone, whose rows are never changed.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from db.metadata import metadata, moment


def _micros(name: str) -> Column[int]:
    """Give a column of millionths of a US dollar."""
    return Column(name, BigInteger, nullable=False, server_default="0")


# No foreign keys to projects and jobs: the books outlive what they are about.
accounts = Table(
    "credit_accounts",
    metadata,
    Column("project_id", Uuid, primary_key=True),
    _micros("balance"),
    _micros("held"),
    _micros("spent"),
    _micros("owed"),
    Column("spend_cap", BigInteger),
    moment("created_at", required=True),
    moment("updated_at", required=True),
    CheckConstraint(
        "balance >= 0 AND held >= 0 AND spent >= 0 AND owed >= 0 AND spend_cap >= 0", name="never_negative"
    ),
)

ledger = Table(
    "credit_ledger",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("project_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    # What the row adds to each of the account's figures.
    _micros("amount"),
    _micros("held"),
    _micros("spent"),
    _micros("owed"),
    Column("job_id", Uuid),
    Column("attempt_id", Uuid),
    Column("key", Text, nullable=False),
    Column("receipt_id", Uuid, nullable=False),
    Column("note", Text),
    moment("created_at", required=True),
    UniqueConstraint("key"),
    # Nothing comes from nowhere but by a grant.
    CheckConstraint(
        """CASE kind
            WHEN 'grant' THEN amount > 0 AND held = 0 AND spent = 0 AND owed = 0
            WHEN 'hold' THEN amount = -held AND held >= 0 AND spent = 0 AND owed = 0
            WHEN 'settle' THEN amount + held + spent = 0 AND amount <= 0 AND held <= 0 AND spent + owed >= 0
            WHEN 'release' THEN amount = -held AND amount > 0 AND spent = 0 AND owed = 0
            WHEN 'refund' THEN amount = -spent AND amount > 0 AND held = 0 AND owed = 0
            ELSE false
        END""",
        name="adds_up",
    ),
    Index(None, "project_id", "id"),
    Index(None, "job_id", postgresql_where=text("job_id IS NOT NULL")),
)

holds = Table(
    "credit_holds",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("project_id", Uuid, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("first_attempt", Integer, nullable=False),
    # Set where it is kept for an attempt that was given up in doubt, while its job went on.
    Column("attempt_id", Uuid),
    Column("receipt_id", Uuid, nullable=False),
    moment("created_at", required=True),
    CheckConstraint("amount >= 0", name="amount"),
    Index(
        "uq_credit_holds_one_per_generation",
        "job_id",
        unique=True,
        postgresql_where=text("attempt_id IS NULL"),
    ),
)

waits = Table(
    "credit_waits",
    metadata,
    Column("job_id", Uuid, ForeignKey("video_generation_jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("project_id", Uuid, nullable=False),
    Column("needed", BigInteger, nullable=False),
    moment("created_at", required=True),
    Index(None, "project_id", "needed", "job_id"),
)

# What language models took for writing prompts, an order each. It belongs to no job, and is not charged.
prompts = Table(
    "prompt_costs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("project_id", Uuid, nullable=False),
    Column("writer", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("written", Integer, nullable=False),
    Column("priced", Integer, nullable=False),
    Column("cost", Numeric(12, 6), nullable=False),
    moment("created_at", required=True),
    Index("ix_prompt_costs_project_id", "project_id", "created_at", "id"),
)
