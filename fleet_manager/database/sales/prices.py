"""Define the tables of prices: seasons, special days, price lists, time slots, held places.

Days are park days (ordinals), times of day are minutes since midnight, amounts are fen.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from fleet_manager.database.tables import metadata

season = Table(
    "season",
    metadata,
    Column("code", String(20), primary_key=True),
    Column("first_day", Integer, primary_key=True, autoincrement=False),
    Column("last_day", Integer, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)
"""Ranges of days that have prices of their own; no two overlap."""

special_day = Table(
    "special_day",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(10), nullable=False),
)
"""Days that are not what their weekday says: `holiday`, `weekend` or `weekday`."""

price_list = Table(
    "price_list",
    metadata,
    Column("product", Integer, ForeignKey("product.id"), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("from_day", Integer, nullable=False),
    Column("added_ms", BigInteger, nullable=False),
    Column("eligibility", String(20), nullable=False),
    Column("entry_from", SmallInteger),
    Column("entry_to", SmallInteger),
    Column("refund", Text, nullable=False),
    Column("components", Text, nullable=False),
)
"""What is agreed when a product is sold, by version; a version is never changed. `from_day`: the
first visiting day that it is for. `eligibility`: who may have it, '' for anybody. `entry_from`,
`entry_to`: times of day of its entry where they are limited; `entry_to` above 1440 is past
midnight. `refund`: the refund policy, `components`: who earns what, both JSON."""

price = Table(
    "price",
    metadata,
    Column("product", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("season", String(20), primary_key=True),
    Column("day_kind", String(10), primary_key=True),
    Column("channel", String(10), primary_key=True),
    Column("fen", BigInteger, nullable=False),
)
"""Prices of a version. `season`, `day_kind`, `channel`: '' for all of them; the price that says
most holds."""

eligibility = Table(
    "eligibility",
    metadata,
    Column("code", String(20), primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("document_zh", Text, nullable=False),
    Column("document_en", Text, nullable=False),
    Column("at_sale", Boolean, nullable=False),
    Column("at_gate", Boolean, nullable=False),
)
"""Who may have a cheaper ticket, by which document, and where it is looked at."""

slot = Table(
    "slot",
    metadata,
    Column("product", Integer, ForeignKey("product.id"), primary_key=True, autoincrement=False),
    Column("from_minute", SmallInteger, primary_key=True, autoincrement=False),
    Column("to_minute", SmallInteger, nullable=False),
    Column("persons", Integer, nullable=False),
)
"""Time slots of a product, and how many persons each takes on a day."""

quota = Table(
    "quota",
    metadata,
    Column("product", Integer, ForeignKey("product.id"), primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("persons", Integer, nullable=False),
)
"""How many persons a product takes on a day; `day` 0 for every day that has no row."""

places = Table(
    "places",
    metadata,
    Column("product", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("from_minute", SmallInteger, primary_key=True, autoincrement=False),
    Column("taken", Integer, nullable=False),
)
"""How many places are held or sold; its row is the lock under which they are given out.
`from_minute`: of the slot, -1 for the day."""

place_hold = Table(
    "place_hold",
    metadata,
    Column("order_no", BigInteger, primary_key=True, autoincrement=False),
    Column("line", SmallInteger, primary_key=True, autoincrement=False),
    Column("product", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("from_minute", SmallInteger, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("until_ms", BigInteger),
    Index("place_hold_until", "until_ms", sqlite_where=text("until_ms IS NOT NULL"),
          postgresql_where=text("until_ms IS NOT NULL")),
)  # fmt: skip
"""Places of order lines. `until_ms`: how long they are held for somebody who has not paid; NULL
once they are sold."""
