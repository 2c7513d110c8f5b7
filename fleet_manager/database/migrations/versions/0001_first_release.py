"""Make the tables of version 1, in the very statements of the release: one file a database.

It runs in tests alone. A database of version 1 has them already, and a new one begins with today's.
"""

from importlib.resources import files

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables and indexes, and the rows of `meta`."""
    dialect = op.get_bind().dialect.name
    released = files("fleet_manager.database.migrations.versions") / f"0001.{dialect}.sql"
    for words in released.read_text("utf-8").split(";\n"):
        if words.strip():
            op.execute(sa.text(words))
    meta = sa.table("meta", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    counters = [{"name": name, "value": 0} for name in ("changes", "sales", "rules")]
    op.bulk_insert(meta, [{"name": "schema", "value": 1}, *counters])
