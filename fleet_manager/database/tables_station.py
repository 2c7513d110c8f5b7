"""The tables of what gates tell each other through the centre, and of where they contradict."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from fleet_manager.database.tables import metadata

claim = Table(
    "claim",
    metadata,
    Column("journal", LargeBinary(16), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("ticket", LargeBinary(8), nullable=False),
    Column("persons", Integer, nullable=False),
    Column("reentry", Boolean, nullable=False),
    Column("reason", SmallInteger, nullable=False),
    Column("left", Integer, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Index("claim_ticket", "ticket"),
)
"""Verdicts that said yes and whose passages are not all here yet: `persons` were promised, `left`
of them may still come. After `expires_ms` nobody waits for them any more."""

news = Table(
    "news",
    metadata,
    Column("station", String(20), ForeignKey("station.id"), primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("journal", Integer, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("news_at", "at_ms"),
    sqlite_with_rowid=False,
)
"""News `first` to `last` of a station are what is news among the records `first_seq` to `last_seq`
of a journal. Journal 0 is the table `forgiven`."""

forgiven = Table(
    "forgiven",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("ticket", LargeBinary(8), nullable=False),
    Column("persons", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index("forgiven_ticket", "ticket"),
)
"""Whom the centre let off anti-passback: as if `persons` had gone out."""

conflict = Table(
    "conflict",
    metadata,
    Column("ticket", LargeBinary(8), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("reason", SmallInteger, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("cents", BigInteger),
    Column("sure", Boolean, nullable=False),
    Column("records", Text, nullable=False),
    Column("found_ms", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
)
"""The ledger: tickets that were used at several gates more often than they may be. `persons`: too
many. `sure`: whether the order of the first two is beyond the error of their clocks. `records`:
JSON, each passage as [gate, seq, journal, kind, wall_ms, clock, persons, too many, alone]."""
