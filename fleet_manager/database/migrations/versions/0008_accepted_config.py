"""Add which configuration of a gate's board somebody has accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column, empty."""
    op.add_column(
        "gate", sa.Column("config", sa.Text, nullable=False, server_default=sa.text("''"))
    )
