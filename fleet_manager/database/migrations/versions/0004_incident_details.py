"""Add what only the last of an incident's sightings says, so that it is no part of the key."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column, empty."""
    op.add_column(
        "incident",
        sa.Column("last_detail", sa.String(200), nullable=False, server_default=sa.text("''")),
    )
