"""Define the tables of payments: attempts, and what goes back of them. Amounts are fen."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from fleet_manager.database.tables import metadata

PENDING = "state NOT IN ('paid', 'closed')"
"""Condition for attempts of which nobody knows yet how they end."""

attempt = Table(
    "attempt",
    metadata,
    Column("channel_no", String(32), primary_key=True),
    Column("order_no", BigInteger, ForeignKey("sale_order.no"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("provider_no", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Index("attempt_order", "order_no"),
    Index("attempt_pending", "next_ms", sqlite_where=text(PENDING),
          postgresql_where=text(PENDING)),
)  # fmt: skip
"""Attempts to be paid for an order; a row is there before the provider is asked. `channel_no`: our
number at the provider, new for each attempt. `channel`: cash, card, wechat, alipay. `state`: see
`sales/payments/states.py`. `next_ms`: when it is asked after again. `provider_no`: the provider's
own number; of a card slip its reference. `detail`: what the customer scans, or why it failed."""

pay_back = Table(
    "pay_back",
    metadata,
    Column("channel_no", String(64), primary_key=True),
    Column("attempt", String(32), ForeignKey("attempt.channel_no"), nullable=False),
    Column("refund", String(40), nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Index("pay_back_attempt", "attempt"),
)
"""Money that goes back the way it came. `channel_no`: our number of it at the provider, the same
for ever, so that it is paid once. `refund`: the order's refund; '' for money that nobody owed, such
as a second payment."""
