"""Change nothing: the number is that of a step that is made elsewhere."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change nothing."""
