"""What the centre remembers of each pretix that it is connected to."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from fleet_manager.database.tables import metadata

_SERIES = "series.id"

source = Table(
    "pretix_source",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("url", Text, nullable=False),
    Column("organizer", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("check_in_list", BigInteger, nullable=False),
    Column("signed", Boolean, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("since", Text, nullable=False),
    Column("pulled_ms", BigInteger, nullable=False),
    Column("unmapped", BigInteger, nullable=False),
)
"""`signed`: gates check pretix's signature; else every ticket is listed. `not_before` and
`expires_at`: window of tickets that name none, UTC seconds. `since`: pretix's own time of the last
whole pull, empty before one. `unmapped`: tickets of it whose product means nothing here."""

item = Table(
    "pretix_item",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("item", BigInteger, primary_key=True, autoincrement=False),
    Column("variation", BigInteger, primary_key=True, autoincrement=False),
    Column("product", Integer, ForeignKey("product.id"), nullable=False),
)
"""What pretix's products are here. Variation 0: every one that has no row of its own."""

ticket = Table(
    "pretix_ticket",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("secret", String(256), primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("ticket", LargeBinary(8), nullable=False),
    Index("pretix_ticket_id", "ticket"),
    Index("pretix_ticket_position", "series", "position"),
)
"""Its secrets by the id that passages have: pretix is told of a passage by the secret."""

mark = Table(
    "pretix_mark",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("journal", Integer, ForeignKey("journal.no"), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""Up to where pretix was told of each journal's passages."""

refusal = Table(
    "pretix_refusal",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("journal", Integer, ForeignKey("journal.no"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", String(100), nullable=False),
    Column("told_ms", BigInteger, nullable=False),
)
"""Passages that pretix would not take: they have happened all the same."""

signer = Table(
    "code_signer",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("public", LargeBinary(32), primary_key=True),
)
"""Keys under which tickets of a series are good without being listed."""

right = Table(
    "code_right",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("item", BigInteger, primary_key=True, autoincrement=False),
    Column("variation", BigInteger, primary_key=True, autoincrement=False),
    Column("subevent", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Integer, nullable=False),
)
"""What those keys may sign for, and which kind of code it is."""
