"""Define the tables of what gates trust: rules, key sets, rule books."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Table, Text

from fleet_manager.database.tables import metadata

rule = Table(
    "rule",
    metadata,
    Column("product", Integer, primary_key=True, autoincrement=False),
    Column("settings", Text, nullable=False),
)
"""Rules of a product, in the words of `rules set`. NO_PRODUCT: rules of all other products."""

key_set = Table(
    "key_set",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("turns", Boolean, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""Published key sets, sealed. `turns`: its root keys differ from those before. Every set is kept,
because a gate that was away needs each one that changed root keys."""

rule_book = Table(
    "rule_book",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("as_of_ms", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""Published rule books, sealed. `as_of_ms`: when its rules were true."""
