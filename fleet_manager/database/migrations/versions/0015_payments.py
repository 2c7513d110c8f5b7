"""Add payment attempts, refunds and bills."""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables."""
