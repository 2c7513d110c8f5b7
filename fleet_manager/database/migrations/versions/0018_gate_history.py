"""Add what gates reported over the last week."""

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the tables."""
