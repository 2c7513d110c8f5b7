"""Add orders, their lines and printed paper."""

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the tables."""
