"""Define the tables of connections to pretix."""

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
"""Connections to pretix events, one for each series. `signed`: gates check pretix's signature; else
every ticket is listed. `not_before`, `expires_at`: window of tickets that name none, UTC seconds.
`since`: pretix's own time of the last complete pull, empty before the first. `unmapped`: number of
tickets whose pretix item is mapped to no product."""

item = Table(
    "pretix_item",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("item", BigInteger, primary_key=True, autoincrement=False),
    Column("variation", BigInteger, primary_key=True, autoincrement=False),
    Column("product", Integer, ForeignKey("product.id"), nullable=False),
)
"""Products by pretix item and variation. Variation 0: all variations without a row of their own."""

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
"""Tickets of pretix. `secret`: the code, by which a passage is reported to pretix. `ticket`: the id
that passages bear. `position`: pretix's order position."""

mark = Table(
    "pretix_mark",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("journal", Integer, ForeignKey("journal.no"), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""Progress of the push. `seq`: the last record of the journal that was reported to pretix."""

refusal = Table(
    "pretix_refusal",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("journal", Integer, ForeignKey("journal.no"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", String(100), nullable=False),
    Column("told_ms", BigInteger, nullable=False),
)
"""Passages that pretix refused, although they have happened. `told_ms`: time of the push."""

signer = Table(
    "code_signer",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("public", LargeBinary(32), primary_key=True),
)
"""Public keys whose signatures make tickets of a series valid without being listed."""

right = Table(
    "code_right",
    metadata,
    Column("series", String(16), ForeignKey(_SERIES), primary_key=True),
    Column("item", BigInteger, primary_key=True, autoincrement=False),
    Column("variation", BigInteger, primary_key=True, autoincrement=False),
    Column("subevent", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Integer, nullable=False),
)
"""Kinds of codes by pretix item, variation and subevent that those keys may sign."""
