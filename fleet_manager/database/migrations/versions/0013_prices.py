"""Add prices, eligibility, time slots and quotas."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the tables."""
