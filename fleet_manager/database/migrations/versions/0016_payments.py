"""Add attempts to be paid, and what goes back of them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the tables, empty."""
    _attempt()
    _pay_back()


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("channel_no", sa.String(32), primary_key=True),
        sa.Column("order_no", sa.BigInteger, sa.ForeignKey("sale_order.no"), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("fen", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("next_ms", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("provider_no", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("attempt_order", "attempt", ["order_no"])
    op.create_index(
        "attempt_pending",
        "attempt",
        ["next_ms"],
        sqlite_where=sa.text("state NOT IN ('paid', 'closed')"),
        postgresql_where=sa.text("state NOT IN ('paid', 'closed')"),
    )


def _pay_back() -> None:
    op.create_table(
        "pay_back",
        sa.Column("channel_no", sa.String(64), primary_key=True),
        sa.Column("attempt", sa.String(32), sa.ForeignKey("attempt.channel_no"), nullable=False),
        sa.Column("refund", sa.String(40), nullable=False),
        sa.Column("fen", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("next_ms", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("pay_back_attempt", "pay_back", ["attempt"])
