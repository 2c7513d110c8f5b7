"""Add invitations: one-time tokens by which boards enrol themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "invitation",
        sa.Column("id", sa.LargeBinary(8), primary_key=True),
        sa.Column("gate", sa.String(20), nullable=False),
        sa.Column("station", sa.String(20), nullable=False),
        sa.Column("replaces", sa.Boolean, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("public", sa.LargeBinary(32)),
        sa.Column("used_ms", sa.BigInteger),
        sa.Column("refused", sa.Integer, nullable=False, server_default="0"),
    )
