"""Add what was retired or cleared, labels of gates, and two indexes for looking records up."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NOT_IN = sa.text("kind IN (4, 5) AND ticket IS NOT NULL")


def upgrade() -> None:
    """Add the columns, empty, and the indexes."""
    op.add_column("product", sa.Column("retired_ms", sa.BigInteger))
    op.add_column("gate", sa.Column("label", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("gate", sa.Column("retired_ms", sa.BigInteger))
    op.add_column("series", sa.Column("retired_ms", sa.BigInteger))
    op.add_column(
        "incident",
        sa.Column("cleared", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    )
    op.create_index("passage_day", "passage", ["day", "kind"])
    op.create_index(
        "passage_not_in",
        "passage",
        ["ticket"],
        sqlite_where=_NOT_IN,
        postgresql_where=_NOT_IN,
    )
