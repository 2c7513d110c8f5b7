"""Add releases: the keys that sign them, those that are here, and which gate shall run which."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables, empty."""
    op.create_table(
        "release_keys",
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "release",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("manifest", sa.LargeBinary(32), nullable=False),
        sa.Column("signed_by", sa.String(8), nullable=False),
        sa.Column("added_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "wish",
        sa.Column("gate", sa.String(20), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("release", sa.String(64), nullable=False),
        sa.Column("switch_time", sa.String(8), nullable=False),
        sa.Column("not_before_ms", sa.BigInteger, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
    )
