"""Define the table of the audit: one row for each act of a person."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from fleet_manager.database.tables import metadata

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("via", String(16), nullable=False),
    Column("origin", String(64), nullable=False),
    Column("act", String(48), nullable=False),
    Column("object", String(200), nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("result", String(10), nullable=False),
    Column("reason", Text, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Index("audit_actor", "actor"),
    Index("audit_at", "at_ms"),
)
"""Acts of people, allowed and refused, numbered without holes (`audit` in `meta`). `hash` chains
each row to the one before it. `before` and `after`: the object's state, NULL where it has none."""
