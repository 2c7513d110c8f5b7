"""The tables of trust and time: rules, key sets, and what is known of boards without a clock."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from fleet_manager.database.tables import metadata

rule = Table(
    "rule",
    metadata,
    Column("product", Integer, primary_key=True, autoincrement=False),
    Column("settings", Text, nullable=False),
)
"""The rules of a product, as `rules set` reads them; NO_PRODUCT: of all that have none."""

key_set = Table(
    "key_set",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("turns", Boolean, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""All of them are kept: a gate that was away needs every one that changed root keys (`turns`)."""

rule_book = Table(
    "rule_book",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("as_of_ms", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

renewal = Table(
    "renewal",
    metadata,
    Column("gate", String(20), primary_key=True),
    Column("ordered", Boolean, nullable=False),
    Column("following", LargeBinary(32)),
    Column("keyed_ms", BigInteger, nullable=False),
)
"""Of gates whose own key was renewed, or is to be: `following` is the key that was drawn, NULL
before; `keyed_ms`: since when the one in force is."""

untimed = Table(
    "untimed",
    metadata,
    Column("journal", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("boot", BigInteger, nullable=False),
    Column("mono_ms", BigInteger, nullable=False),
    Column("said_ms", BigInteger, nullable=False),
    Column("basis", SmallInteger, nullable=False),
    Index("untimed_boot", "journal", "boot"),
    Index("untimed_new", "basis", sqlite_where=text("basis = -1"),
          postgresql_where=text("basis = -1")),
)  # fmt: skip
"""Records that were made without a trusted clock: what they said, and by what they are timed."""

boot = Table(
    "boot",
    metadata,
    Column("gate", String(20), primary_key=True),
    Column("boot", BigInteger, primary_key=True, autoincrement=False),
    Column("basis", SmallInteger, nullable=False),
    Column("offset_ms", BigInteger, nullable=False),
)
"""`offset_ms`: wall time at which the boot's own clock stood at 0, as far as it is known."""
