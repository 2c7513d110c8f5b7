"""Add what programs outside need: receivers, events, deliveries, and their requests for sales."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables, empty, and the counters of their rows."""
    op.create_table(
        "webhook",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("old_until_ms", sa.BigInteger, nullable=False),
        sa.Column("added_ms", sa.BigInteger, nullable=False),
        sa.Column("mark", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_ms", sa.BigInteger, nullable=False),
        sa.Column("delivered", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("disabled_ms", sa.BigInteger),
        sa.Column("disabled_why", sa.String(200), nullable=False),
    )
    _events()
    _sale_requests()
    meta = sa.table("meta", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(meta, [{"name": "events", "value": 0}, {"name": "deliveries", "value": 0}])


def _events() -> None:
    op.create_table(
        "event",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
    op.create_index("event_id", "event", ["id"], unique=True)
    op.create_index("event_at", "event", ["at_ms"])
    op.create_table(
        "announced",
        sa.Column("topic", sa.String(12), primary_key=True),
        sa.Column("name", sa.String(250), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("webhook", sa.String(20), nullable=False),
        sa.Column("event", sa.String(24), nullable=False),
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("result", sa.String(10), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
    )
    op.create_index("delivery_webhook", "delivery", ["webhook", "number"])
    op.create_index("delivery_at", "delivery", ["at_ms"])


def _sale_requests() -> None:
    op.create_table(
        "sale_request",
        sa.Column("who", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
