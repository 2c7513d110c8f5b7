"""Define the tables of programs outside: who is told what, how it went, and what they asked for."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from fleet_manager.database.tables import metadata

webhook = Table(
    "webhook",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("old_until_ms", BigInteger, nullable=False),
    Column("added_ms", BigInteger, nullable=False),
    Column("mark", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("disabled_ms", BigInteger),
    Column("disabled_why", String(200), nullable=False),
)
"""Receivers of events. `events`: the types that it wants, separated by blanks. `salt`,
`generation`: its secret is derived from them, so that nothing secret is stored; the secret before
is good until `old_until_ms`. `mark`: number of the last event that it has taken. `tries`: how often
the event after it was sent, not before `next_ms` again. `delivered`, `failed`: attempts since it
was added. `disabled_ms`: since when nothing is sent to it."""

event = Table(
    "event",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(24), nullable=False),
    Column("type", String(24), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
    Index("event_id", "id", unique=True),
    Index("event_at", "at_ms"),
)
"""What is to be told, numbered without holes (`events` in `meta`). `id`: random, the same for every
receiver and attempt. `data`: JSON; of passages only which records, because they are stored."""

announced = Table(
    "announced",
    metadata,
    Column("topic", String(12), primary_key=True),
    Column("name", String(250), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Up to where the events tell what has happened: the last record of a journal, whether an incident
is open, the level of a limit, the last day that was closed."""

delivery = Table(
    "delivery",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("webhook", String(20), nullable=False),
    Column("event", String(24), nullable=False),
    Column("type", String(24), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("result", String(10), nullable=False),
    Column("detail", String(200), nullable=False),
    Index("delivery_webhook", "webhook", "number"),
    Index("delivery_at", "at_ms"),
)
"""Attempts of the last 30 days. `event`: its id. `kind`: event, replay or test. `status`: of HTTP,
0 for no answer. `result`: delivered or failed. `detail`: why it failed."""

sale_request = Table(
    "sale_request",
    metadata,
    Column("who", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
"""Sales that programs asked for under a key of theirs, of the last 30 days: the same request again
is the same sale. `digest`: SHA-256 of the request. `first`, `count`: the serials that were sold."""
