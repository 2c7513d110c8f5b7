"""Refunds in the database: asked for, agreed to, done. Inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select, update

from fleet_manager.database.sales.orders import order_refund, refund_ticket
from fleet_manager.errors import CentreError
from fleet_manager.sales.orders.basket import TicketFen

_ROW, _TICKET = order_refund.c, refund_ticket.c


class RefundState(StrEnum):
    """ASKED: it waits for somebody else to agree. AGREED: its tickets are void, the money is on its
    way. DONE: the customer has it. REFUSED: the tickets stay good."""

    ASKED = "asked"
    AGREED = "agreed"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A row of `order_refund`; see there. `fen`: what goes back, after the fee."""

    id: str
    order_no: int
    state: RefundState
    fen: int
    fee_fen: int
    asked_ms: int
    asked_by: str
    approved_by: str = ""
    shift: str = ""
    reason: str = ""
    done_ms: int | None = None


def add(connection: Connection, refund: Refund, tickets: Sequence[TicketFen]) -> None:
    """Store a new refund with its tickets."""
    values = asdict(refund) | {"state": refund.state.value}
    connection.execute(insert(order_refund).values(values))
    rows = [{"serial": ticket.serial, "refund": refund.id, "fen": ticket.fen} for ticket in tickets]
    connection.execute(insert(refund_ticket), rows)


def find(connection: Connection, refund: str) -> Refund | None:
    """Return a refund, None if there is none."""
    row = connection.execute(select(order_refund).where(_ROW.id == refund)).one_or_none()
    return None if row is None else _read(row._mapping)


def require(connection: Connection, refund: str) -> Refund:
    """Return a refund that waits for somebody to agree. Raises CentreError."""
    asked = find(connection, refund)
    if asked is None:
        raise CentreError(f"cannot find refund {refund[:40]!r}")
    if asked.state is not RefundState.ASKED:
        raise CentreError(
            f"cannot agree to that refund of order {asked.order_no}: it is {asked.state}"
        )
    return asked


def of_order(connection: Connection, order_no: int) -> list[Refund]:
    """Return the refunds of an order, the first one first."""
    query = select(order_refund).where(_ROW.order_no == order_no).order_by(_ROW.asked_ms)
    return [_read(row._mapping) for row in connection.execute(query)]


def waiting(connection: Connection, most: int) -> list[Refund]:
    """Return the refunds that wait for somebody to agree, the first one first."""
    query = select(order_refund).where(_ROW.state == RefundState.ASKED.value)
    return [
        _read(row._mapping) for row in connection.execute(query.order_by(_ROW.asked_ms).limit(most))
    ]


def tickets_of(connection: Connection, refund: str) -> list[TicketFen]:
    """Return the tickets of a refund, and what was paid for each."""
    query = select(refund_ticket).where(_TICKET.refund == refund).order_by(_TICKET.serial)
    return [TicketFen(row.serial, row.fen) for row in connection.execute(query)]


def is_given_back(connection: Connection, serial: int) -> bool:
    """Return whether a ticket is in a refund that nobody has refused."""
    query = (
        select(func.count())
        .select_from(refund_ticket.join(order_refund, _ROW.id == _TICKET.refund))
        .where(_TICKET.serial == serial, _ROW.state != RefundState.REFUSED.value)
    )
    return bool(connection.scalar(query))


def move(connection: Connection, refund: str, state: RefundState, **values: object) -> None:
    """Store the state of a refund, and other columns of it."""
    statement = update(order_refund).where(_ROW.id == refund)
    connection.execute(statement.values(state=state.value, **values))


def _read(values: object) -> Refund:
    row = dict(values)  # type: ignore[call-overload]
    row["state"] = RefundState(row["state"])
    return Refund(**row)
