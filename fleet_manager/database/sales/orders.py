"""Define the tables of orders: tills, orders, their lines, and what was paid back of them."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
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

UNFINISHED = "state IN ('open', 'paid')"
"""Condition for orders that still wait for money or for their tickets."""

till = Table(
    "till",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("station", String(20), ForeignKey("station.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("retired_ms", BigInteger),
)
"""Places where tickets are sold. `kind`: window, handheld, kiosk or online."""

sale_order = Table(
    "sale_order",
    metadata,
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("intent", String(64), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("station", String(20), nullable=False),
    Column("till", String(20), nullable=False),
    Column("cashier", String(64), nullable=False),
    Column("shift", String(40), nullable=False),
    Column("business_day", Integer, nullable=False),
    Column("placed_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("total_fen", BigInteger, nullable=False),
    Column("paid_ms", BigInteger),
    Column("paid_by", String(20), nullable=False),
    Column("issued_ms", BigInteger),
    Column("refunded_fen", BigInteger, nullable=False),
    Column("buyer", Text, nullable=False),
    Index("sale_order_intent", "intent", unique=True),
    Index("sale_order_day", "business_day", "till"),
    Index("sale_order_unfinished", "until_ms", sqlite_where=text(UNFINISHED),
          postgresql_where=text(UNFINISHED)),
)  # fmt: skip
"""One row for each sale, never deleted. `no`: our number, without holes (`orders` in `meta`).
`intent`: the till's own id of the sale: asked for again, it is the same order. `digest`: SHA-256 of
what was asked for. `until_ms`: how long its places are held while it is not paid. `state`: open,
paid (the money is there, the tickets not yet), issued, cancelled. `paid_by`: the channel of the
attempt that paid it. `buyer`: who it is for, such as an agency; '' for a visitor at a window."""

order_line = Table(
    "order_line",
    metadata,
    Column("order_no", BigInteger, ForeignKey("sale_order.no"), primary_key=True,
           autoincrement=False),
    Column("line", SmallInteger, primary_key=True, autoincrement=False),
    Column("product", Integer, ForeignKey("product.id"), nullable=False),
    Column("persons", Integer, nullable=False),
    Column("tickets", Integer, nullable=False),
    Column("total_fen", BigInteger, nullable=False),
    Column("first", BigInteger),
    Column("price", Text, nullable=False),
    Column("holders", LargeBinary, nullable=False),
    Index("order_line_first", "first"),
)  # fmt: skip
"""One row for each product of an order. `tickets`: 1 for a team on one ticket. `first`: the first
serial of its tickets, NULL before they are issued. `price`: what was agreed, frozen at the sale, as
JSON: price, window, terms of merchants, policy of refunds. `holders`: the documents of its holders,
sealed; empty for tickets that anybody may use, and once the tickets are issued."""

order_refund = Table(
    "order_refund",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("order_no", BigInteger, ForeignKey("sale_order.no"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("fee_fen", BigInteger, nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("approved_by", String(64), nullable=False),
    Column("shift", String(40), nullable=False),
    Column("reason", Text, nullable=False),
    Column("done_ms", BigInteger),
    Index("order_refund_order", "order_no"),
)
"""Money that goes back, or is to. `id`: drawn by who asks: asked for again, it is the same refund.
`state`: asked (it waits for somebody else to agree), agreed (the tickets are void, the money is on
its way), done, refused. `fee_fen`: what the park keeps."""

refund_ticket = Table(
    "refund_ticket",
    metadata,
    Column("serial", BigInteger, primary_key=True, autoincrement=False),
    Column("refund", String(40), ForeignKey("order_refund.id"), primary_key=True),
    Column("fen", BigInteger, nullable=False),
    Index("refund_ticket_refund", "refund"),
)
"""What of a refund is for which ticket."""
