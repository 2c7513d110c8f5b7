"""Define the tables beside passages: sums by day and month, boots of boards without a trusted clock
and their records that are to be timed."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    text,
)

from fleet_manager.database.tables import counted, metadata

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
"""Records that were made without a trusted clock. `mono_ms`: boot clock. `said_ms`: wall time in
the signed record. `basis`: the evidence by which it is timed, a `Basis` of `boot_clocks`."""

boot = Table(
    "boot",
    metadata,
    Column("gate", String(20), primary_key=True),
    Column("boot", BigInteger, primary_key=True, autoincrement=False),
    Column("basis", SmallInteger, nullable=False),
    Column("offset_ms", BigInteger, nullable=False),
)
"""Boots of boards. `offset_ms`: wall time at which the boot clock stood at 0. `basis`: the evidence
for it, a `Basis` of `boot_clocks`."""

tally_day = Table(
    "tally_day",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("station", String(20), ForeignKey("station.id"), primary_key=True),
    *counted(),
    sqlite_with_rowid=False,
)
"""Sums over `tally` by day and station, written in the same transaction."""

tally_month = Table(
    "tally_month",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("gate", String(20), ForeignKey("gate.id"), primary_key=True),
    *counted(),
    sqlite_with_rowid=False,
)
"""Sums over `tally` by calendar month and gate, written in the same transaction. `month`: 202611
for November 2026."""
