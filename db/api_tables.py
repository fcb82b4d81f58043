"""The tables of those who call the API, and of those whom it calls: keys, sessions, idempotency, webhooks."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from db.metadata import key_column, metadata, moment, one_of
from domain.webhooks import DeliveryState

api_keys = Table(
    "api_keys",
    metadata,
    key_column(),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("project_ids", ARRAY(Uuid)),
    moment("created_at", required=True),
    moment("last_used_at"),
    moment("revoked_at"),
    UniqueConstraint("hash"),
    CheckConstraint("scopes <@ ARRAY['read', 'render', 'admin'] AND cardinality(scopes) > 0", name="scopes"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("key_id", Uuid, ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False),
    moment("created_at", required=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index(None, "key_id"),
    Index(None, "expires_at"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", Integer),
    Column("response", JSONB),
    moment("created_at", required=True),
    Index(None, "created_at"),
)

webhooks = Table(
    "webhooks",
    metadata,
    key_column(),
    Column("project_id", Uuid, ForeignKey("projects.id", ondelete="CASCADE")),
    Column("url", Text, nullable=False),
    Column("types", ARRAY(Text), nullable=False),
    Column("secret", Text, nullable=False),
    moment("created_at", required=True),
    moment("disabled_at"),
    Index(None, "project_id"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    key_column(),
    # No foreign keys: whoever numbers events queues deliveries, and must not wait for a webhook's end.
    Column("webhook_id", Uuid, nullable=False),
    Column("project_id", Uuid),
    Column("sequence", BigInteger),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=DeliveryState.PENDING),
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("next_at", required=True),
    Column("status", Integer),
    Column("error", Text),
    moment("created_at", required=True),
    moment("attempted_at"),
    moment("delivered_at"),
    CheckConstraint(one_of("state", DeliveryState), name="state"),
    Index("ix_webhook_deliveries_due", "webhook_id", "next_at", postgresql_where=text("state = 'pending'")),
    Index(None, "webhook_id", "created_at", "id"),
    Index(None, "created_at"),
)
