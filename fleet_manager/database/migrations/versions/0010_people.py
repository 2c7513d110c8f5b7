"""Add people: users, recovery codes, sessions, one-time links, tokens, and failed attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the tables, empty, and the counter of attempts."""
    op.execute("INSERT INTO meta (name, value) VALUES ('attempts', 0)")
    _accounts()
    _secrets()
    op.create_table(
        "throttle",
        sa.Column("axis", sa.String(10), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("throttle_last", "throttle", ["axis", "last_ms"])


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(32), nullable=False, unique=True),
        sa.Column("shown", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("station", sa.String(20), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("factor", sa.LargeBinary),
        sa.Column("offered", sa.LargeBinary),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("disabled_ms", sa.BigInteger),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "recovery_code",
        sa.Column(
            "account",
            sa.Integer,
            sa.ForeignKey("account.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
    )


def _secrets() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("needs_code", sa.Boolean, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
        sa.Column("ends_ms", sa.BigInteger, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
    )
    op.create_index("session_account", "session", ["account"])
    op.create_index("session_ends", "session", ["ends_ms"])
    op.create_table(
        "one_time_link",
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("account", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("one_time_link_account", "one_time_link", ["account"])
    op.create_table(
        "token",
        sa.Column("id", sa.String(8), primary_key=True),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("station", sa.String(20), nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("used_ms", sa.BigInteger),
        sa.Column("ended_ms", sa.BigInteger),
    )
