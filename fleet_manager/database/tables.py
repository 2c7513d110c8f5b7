"""Define the centre's tables, portable between SQLite and PostgreSQL.

Times are UTC ms where nothing else is written.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = 14
NO_PRODUCT = -1
LISTED = "status <> 1 OR issue > 0 OR extra > 0 OR now_for IS NOT NULL"
"""Condition for the tickets of which a ticket list says more than that they were sold."""
USES_A_TICKET = "kind IN (3, 8, 10)"
"""Records that count against a ticket: taken, unresolved, forgiven. A query has to say it in these
very words, or the database does not use the partial index."""
DISOWNED = "kind < 0 AND ticket IS NOT NULL"
"""Records about a ticket that are disowned, and so count for nothing."""
NOT_IN = "kind IN (4, 5) AND ticket IS NOT NULL"
"""Records about a ticket that use nothing of it: it was refused, or nobody came."""
STOPPED = "kind IN (-6, -5, 5, 6)"
"""Records that people search for first: refusals and forced arms, disowned ones included."""

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Counters by name. `schema`: version of the tables. `changes`: number of the last change to what
lists say. `sales`: number of sales; its row is the lock under which serials are given out.
`rules`: number of times that rules were set, which is the version of the rule book. `audit`: number
of the last row of `audit`; its row is the lock under which acts get their numbers.
`attempts`: number of attempts to sign in; its row is the lock under which failures are counted.
`events`, `deliveries`: numbers of the last rows of these tables."""

product = Table(
    "product",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("code", String(20), nullable=False, unique=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("admits", Integer, nullable=False),
    Column("zones", Integer, nullable=False),
    Column("policy", SmallInteger, nullable=False),
    Column("days", Integer, nullable=False),
    Column("price_cents", BigInteger),
    Column("retired_ms", BigInteger),
)
"""`price_cents`: price of one ticket in fen or cents; NULL where it was not given.
`retired_ms`: since when it is not sold; what was sold stays valid."""

station = Table(
    "station",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("news", BigInteger, nullable=False, server_default=text("0")),
)
"""`news`: number of the last news item that was sent to its gates; the row is the lock under which
news get their numbers."""

gate = Table(
    "gate",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("station", String(20), ForeignKey("station.id"), nullable=False),
    Column("public", LargeBinary(32), nullable=False),
    Column("added_ms", BigInteger, nullable=False),
    Column("label", Text, nullable=False, server_default=text("''")),
    Column("retired_ms", BigInteger),
    Column("disowned_ms", BigInteger),
    Column("config", Text, nullable=False, server_default=text("''")),
)
"""`label`: what people call it. `retired_ms`: since when nothing is taken from it any more; its
records stay, and its id is not given out again. `disowned_ms`: since when its key is refused,
because it is in the wrong hands; NULL again once it has another key. `config`: the digest of its
board's configuration that somebody has accepted, '' for none."""

report = Table(
    "report",
    metadata,
    Column("gate", String(20), ForeignKey("gate.id"), primary_key=True),
    Column("seen_ms", BigInteger, nullable=False),
    Column("software", Text, nullable=False),
    Column("lists", Text, nullable=False),
    Column("state", Text, nullable=False),
)
"""The last report of a gate. `seen_ms`: time of the newest beacon that the gate has sent back, 0
for none. `lists`: JSON object, series to version. `state`: the last GateState message as JSON."""

renewal = Table(
    "renewal",
    metadata,
    Column("gate", String(20), primary_key=True),
    Column("ordered", Boolean, nullable=False),
    Column("following", LargeBinary(32)),
    Column("keyed_ms", BigInteger, nullable=False),
)
"""Gates whose own key was renewed, or is to be. `ordered`: another key is wanted. `following`:
public half of the key that the gate has drawn, NULL before. `keyed_ms`: since when the key in force
is in force."""

ticket = Table(
    "ticket",
    metadata,
    Column("serial", BigInteger, primary_key=True, autoincrement=False),
    Column("product", Integer, ForeignKey("product.id"), nullable=False),
    Column("key_id", LargeBinary(4), nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("admits", Integer, nullable=False),
    Column("zones", Integer, nullable=False),
    Column("policy", SmallInteger, nullable=False),
    Column("group_no", BigInteger),
    Column("holder_tag", LargeBinary(4)),
    Column("issue", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("extra", SmallInteger, nullable=False),
    Column("now_for", LargeBinary(4)),
    Column("change", BigInteger, nullable=False),
    Index("ticket_listed", "serial", sqlite_where=text(LISTED), postgresql_where=text(LISTED)),
    Index("ticket_change", "change", sqlite_where=text("change > 0"),
          postgresql_where=text("change > 0")),
    Index("ticket_group", "group_no", sqlite_where=text("group_no IS NOT NULL"),
          postgresql_where=text("group_no IS NOT NULL")),
)  # fmt: skip
"""Tickets; serials are given out without holes. Times are UTC seconds. `status`: as in the ticket
list. `extra`: entries on top of what the ticket says. `now_for`: tag of its holder since it was
passed on. `change`: the number of its last change (see `meta`), 0 for none since its sale."""

journal = Table(
    "journal",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("id", LargeBinary(16), nullable=False),
    Column("gate", String(20), ForeignKey("gate.id"), nullable=False),
    Column("mark", BigInteger, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
    Column("forked", Boolean, nullable=False),
    Column("first_seen_ms", BigInteger, nullable=False),
    Column("linked", BigInteger, nullable=False, server_default=text("0")),
    Column("disowned", BigInteger),
    UniqueConstraint("id", "gate"),
)
"""Journals of gates. `id`: drawn by the gate, and known to whoever reads its messages: two gates
may have the same. `mark`: the highest contiguous sequence number that is stored. `head`: the
chain hash at the mark. `forked`: the journal has told two stories. `linked`: number of its last
record when the gate last connected; it never falls, or an old birth would make liars of gates.
`disowned`: number of the first record that counts for nothing, NULL for none; no more records are
taken."""

receipt = Table(
    "receipt",
    metadata,
    Column("journal", Integer, ForeignKey("journal.no"), primary_key=True, autoincrement=False),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("before", BigInteger, nullable=False),
    Column("taken", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""When records arrived, by the centre's own clock: what a gate cannot make up. One row for each
minute since 1970 in which records of a journal arrived. `before`: the mark until then. `taken`:
passages among them."""

passage = Table(
    "passage",
    metadata,
    Column("journal", Integer, ForeignKey("journal.no"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("direction", SmallInteger, nullable=False),
    Column("day", Integer, nullable=False),
    Column("wall_ms", BigInteger, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("ticket", LargeBinary(8)),
    Column("product", Integer),
    Column("reason", SmallInteger, nullable=False),
    Column("admits", Integer, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("code", LargeBinary(8)),
    Index("passage_ticket", "ticket", "day", "kind", "direction", "persons", "admits",
          sqlite_where=text(USES_A_TICKET),
          postgresql_where=text(USES_A_TICKET)),
    Index("passage_not_in", "ticket", sqlite_where=text(NOT_IN), postgresql_where=text(NOT_IN)),
    Index("passage_disowned", "ticket", sqlite_where=text(DISOWNED),
          postgresql_where=text(DISOWNED)),
    Index("passage_day", "day", "kind"),
    Index("passage_time", "day", "wall_ms", "journal", "seq", "kind"),
    Index("passage_stopped", "day", "wall_ms", "journal", "seq", "kind", "reason",
          sqlite_where=text(STOPPED), postgresql_where=text(STOPPED)),
    Index("passage_code", "code", sqlite_where=text("code IS NOT NULL"),
          postgresql_where=text("code IS NOT NULL")),
    sqlite_with_rowid=False,
)  # fmt: skip
"""One row for each record, with its signed bytes. The indexes cover what uses a
ticket up, what does not, what is disowned, what happened on a day and in which order, and which
codes were shown that are no tickets. `kind`: a `PassageKind`; below 0 where the record is disowned,
so that whoever asks for a kind does not find it. `code`: first 8 bytes of the SHA-256 of a refused
code that is no ticket."""


def counted() -> list[Column[int]]:
    """Return the columns of a table of sums that follow its day and place: what was counted, and
    the three sums."""
    keys = {"direction": SmallInteger, "product": Integer, "kind": SmallInteger,
            "reason": SmallInteger}  # fmt: skip
    return [
        *(Column(name, of, primary_key=True, autoincrement=False) for name, of in keys.items()),
        *(Column(name, BigInteger, nullable=False) for name in ("events", "persons", "first")),
    ]


tally = Table(
    "tally",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("hour", SmallInteger, primary_key=True, autoincrement=False),
    Column("gate", String(20), ForeignKey("gate.id"), primary_key=True),
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    *counted(),
    sqlite_with_rowid=False,
)
"""Sums over `passage`, written in the same transaction, as are its own sums (`tally_day`,
`tally_month` in `tables_passages`). `day`: park day. `hour`: 0 to 23, park
time. `first`: persons on their first entry of the day. `product`: NO_PRODUCT for none. `kind`: as
in `passage`, below 0 for disowned records."""

incident = Table(
    "incident",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("gate", String(20), primary_key=True),
    Column("detail", String(200), primary_key=True),
    Column("times", BigInteger, nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("cleared", BigInteger, nullable=False, server_default=text("0")),
    Column("last_detail", String(200), nullable=False, server_default=text("''")),
)
"""`detail`: in words of the program alone. `last_detail`: what only the last one says, which a
sender may have chosen. `cleared`: how many of the `times` somebody has looked at; it is open while
there are more."""

series = Table(
    "series",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("tagged", Boolean, nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("retired_ms", BigInteger),
)
"""Series of opaque codes that other sellers sell. `tagged`: each code may be bound to a document.
`change`: number of the last change to the series (see `meta`). `retired_ms`: since when no codes
are taken in."""

code_kind = Table(
    "code_kind",
    metadata,
    Column("series", String(16), ForeignKey("series.id"), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("product", Integer, ForeignKey("product.id"), nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("admits", Integer, nullable=False),
    Column("zones", Integer, nullable=False),
    Column("policy", SmallInteger, nullable=False),
)
"""Kinds of codes: what a code entitles to. A kind is never changed nor deleted."""

code = Table(
    "code",
    metadata,
    Column("series", String(16), ForeignKey("series.id"), primary_key=True),
    Column("digest", LargeBinary(10), primary_key=True),
    Column("kind", Integer, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("tag", LargeBinary(4)),
    Column("change", BigInteger, nullable=False),
    Index("code_change", "series", "change"),
    sqlite_with_rowid=False,
)
"""Codes by digest; the codes themselves are not stored. `status`: as in the list, 0 for a code that
was removed."""

list_version = Table(
    "list_version",
    metadata,
    Column("series", String(16), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("as_of_ms", BigInteger, nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
)
"""Every published version of a list. `changes`: number of the last change that is in it, so that
what changed since a version is one index scan. `count`: serials or codes in it. Bodies are not
stored: they are made of the tables."""
