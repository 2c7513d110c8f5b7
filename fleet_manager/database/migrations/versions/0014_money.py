"""Add the double-entry ledger, shifts and merchants."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the tables."""
