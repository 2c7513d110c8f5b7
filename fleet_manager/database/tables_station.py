"""Define the tables of claims, of news between gates, and of conflicts."""

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
"""Claims that were granted and whose records have not all arrived. `number`: claim number in its
journal. `persons`: how many were promised; `left`: how many of them may still come. `reason`: the
overridden one, 0 for none. After `expires_ms` the claim counts no more."""

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
"""Numbered news of stations: the items `first` to `last` are made of the records `first_seq` to
`last_seq` of a journal. Journal 0 is the table `forgiven`. `at_ms`: when they were numbered."""

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
"""Tickets that staff exempted from anti-passback at the centre, as if `persons` had gone out."""

closed_days = Table(
    "closed_days",
    metadata,
    Column("ticket", LargeBinary(8), primary_key=True),
    Column("day", Integer, nullable=False),
    Column("journal", Integer, nullable=False),
    Column("uses", Text, nullable=False),
    Column("fold", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""What the uses of a ticket before the park day `day` say about later ones, of tickets with many:
so that one more use costs the same however many there were. It is made of the records, and deleted
when one of those days changes. `journal`: number of the only one that has uses of those days,
SEVERAL for more. `uses`, `fold`: JSON, see `closed_days` and `ledger`."""
SEVERAL = -1

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
"""The ledger: tickets that were used at several gates more often than they may be. `persons`: how
many were too many. `cents`: what they would have paid, NULL without a price. `sure`: the times of
the first two entries differ by more than the error of their clocks. `records`: JSON, the entries as
a list of objects (see `ledger`). `found_ms`, `changed_ms`: when the row was made, and changed."""
