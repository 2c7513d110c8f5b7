"""Add codes of gate staff that are made at the centre."""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the tables."""
