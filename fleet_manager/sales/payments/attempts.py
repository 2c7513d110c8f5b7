"""Attempts to be paid, in the database. Inside the caller's transaction."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from fleet_manager.database import store
from fleet_manager.database.sales.payments import attempt as table
from fleet_manager.errors import CentreError
from fleet_manager.sales.payments.states import AttemptState, follows

FIRST_ASK_MS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAttempt:
    """A row of `attempt`; see there."""

    channel_no: str
    order_no: int
    channel: str
    fen: int
    state: AttemptState
    begun_ms: int
    changed_ms: int
    next_ms: int
    tries: int = 0
    provider_no: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a provider says of an attempt: in an answer, a notification or a bill. `fen`: what was
    paid, None where it is not said. `next_ms`: when to ask again."""

    channel_no: str
    state: AttemptState
    fen: int | None = None
    provider_no: str = ""
    detail: str = ""
    next_ms: int = 0


_ROW = table.c
_NAMES = tuple(column.name for column in table.columns)
_BY_NO = select(table).where(_ROW.channel_no == bindparam("of"))
_OF_ORDER = select(table).where(_ROW.order_no == bindparam("of")).order_by(_ROW.begun_ms)
_MOVE = (
    update(table)
    .where(_ROW.channel_no == bindparam("of"))
    .values(
        state=bindparam("to"),
        changed_ms=bindparam("at"),
        next_ms=bindparam("next"),
        provider_no=bindparam("provider"),
        detail=bindparam("said"),
    )
)


def begin(
    connection: Connection,
    order_no: int,
    channel: str,
    fen: int,
    now_ms: int,
    state: AttemptState = AttemptState.NEW,
    *,
    provider_no: str = "",
) -> PaymentAttempt:
    """Store an attempt before anybody is asked, and return it. `state`: PAID for cash, and for a
    card whose slip says so.

    Raises CentreError while another attempt of the order is not over: else both would be paid.
    """
    for other in of_order(connection, order_no):
        if other.state is AttemptState.PAID:
            raise CentreError(f"cannot be paid for order {order_no} again: it is paid")
        if not other.state.is_final:
            raise CentreError(
                f"cannot be paid for order {order_no} by {channel}: {other.channel} is not over",
                "ask the provider again, or give that payment up first",
            )
    new = PaymentAttempt(
        channel_no=f"{order_no}-{secrets.token_hex(5)}",
        order_no=order_no,
        channel=channel,
        fen=fen,
        state=state,
        begun_ms=now_ms,
        changed_ms=now_ms,
        next_ms=now_ms + FIRST_ASK_MS,
        provider_no=provider_no,
    )
    store.insert_rows(connection, table, [tuple(getattr(new, name) for name in _NAMES)])
    return new


def find(connection: Connection, channel_no: str) -> PaymentAttempt:
    """Return an attempt. Raises CentreError if there is none."""
    rows = store.run(connection, _BY_NO, {"of": channel_no})
    if not rows:
        raise CentreError(f"cannot find payment {channel_no[:32]!r}")
    return _read(rows[0])


def of_order(connection: Connection, order_no: int) -> list[PaymentAttempt]:
    """Return the attempts of an order, the first one first."""
    return [_read(row) for row in store.run(connection, _OF_ORDER, {"of": order_no})]


def record(connection: Connection, fact: Fact, now_ms: int) -> PaymentAttempt | None:
    """Move an attempt on by what a provider says, and return it as it is now; None if the fact
    changes nothing, because it is repeated or late.

    Raises CentreError for an attempt that is not ours, and for another amount than was asked for.
    """
    before = find(connection, fact.channel_no)
    if fact.fen is not None and fact.fen != before.fen:
        raise CentreError(
            f"cannot take {fact.fen / 100:.2f} for payment {fact.channel_no}: it is for "
            f"{before.fen / 100:.2f}"
        )
    if not follows(before.state, fact.state):
        return None
    values = {
        "of": fact.channel_no,
        "to": fact.state.value,
        "at": now_ms,
        "next": fact.next_ms or now_ms + FIRST_ASK_MS,
        "provider": fact.provider_no or before.provider_no,
        "said": fact.detail or before.detail,
    }
    store.run(connection, _MOVE, values)
    return find(connection, fact.channel_no)


def _read(row: store.Row) -> PaymentAttempt:
    values = dict(zip(_NAMES, row, strict=True))
    values["state"] = AttemptState(values["state"])
    return PaymentAttempt(**values)
