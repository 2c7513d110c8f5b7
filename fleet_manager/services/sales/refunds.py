"""Acts on refunds: ask, agree, refuse. A refund belongs to tickets; its money goes back the way it
came."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fleet_manager.access.actor import Actor, Role
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.passages.usage import history_of
from fleet_manager.sales.money import ledger, postings, shifts
from fleet_manager.sales.money.postings import Event
from fleet_manager.sales.orders import orders, refunds
from fleet_manager.sales.orders.basket import TicketFen
from fleet_manager.sales.orders.orders import Order, OrderState
from fleet_manager.sales.orders.refunds import Refund, RefundState
from fleet_manager.sales.payments.card_numbers import refuse_card_number
from fleet_manager.sales.prices import places
from fleet_manager.sales.prices.agreement import Priced
from fleet_manager.services.act import performed
from fleet_manager.services.sales.orders import CARD, CASH, yuan
from fleet_manager.tickets import sold, status
from gate_agent.validator.lists.ticket_list import TicketStatus

ALONE_FEN = 500_00
"""A cashier pays back up to this alone; above it somebody else has to agree."""
_LEADS = (Role.ADMINISTRATOR, Role.MANAGER, Role.STATION_LEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """`id`: drawn by who asks, so that it is paid once. `serials`: none for all tickets of the
    order. `till`: whose drawer pays cash back; '' for none."""

    id: str
    order_no: int
    serials: tuple[int, ...] = ()
    reason: str
    till: str = ""


def ask(centre: Centre, who: Actor, wanted: RefundRequest) -> Refund:
    """Give tickets of an order back, and return the refund: done at once, or waiting for somebody
    else to agree. Asked for again under the same id it is the same refund.

    Raises CentreError with one reason: a ticket that went in, is void, was given back, or cannot be
    by its policy; then nothing changes.
    """
    with performed(centre, who, Act.REFUND_ASK, f"order {wanted.order_no}") as deed:
        connection = deed.connection
        before = refunds.find(connection, wanted.id)
        if before is not None:
            if before.order_no != wanted.order_no:
                raise CentreError(f"cannot pay back under the id {wanted.id}: it was used before")
            return before
        if not wanted.reason:
            raise CentreError("cannot pay back without a reason: say why, others will read it")
        refuse_card_number(wanted.reason)
        order = orders.locked(connection, wanted.order_no)
        tickets = _tickets(centre, connection, order, wanted.serials)
        fee_fen = sum(_fee(connection, ticket) for ticket in tickets)
        total_fen = sum(ticket.fen for ticket in tickets)
        shift = shifts.current(connection, wanted.till) if wanted.till else None
        refund = Refund(
            id=wanted.id,
            order_no=order.no,
            state=RefundState.ASKED,
            fen=total_fen - fee_fen,
            fee_fen=fee_fen,
            asked_ms=centre.clock(),
            asked_by=who.name,
            shift="" if shift is None else shift.id,
            reason=wanted.reason[:500],
        )
        refunds.add(connection, refund, tickets)
        deed.reason = refund.reason
        deed.subject = f"order {order.no}, tickets {', '.join(str(t.serial) for t in tickets[:20])}"
        if refund.fen <= ALONE_FEN or who.role in _LEADS:
            refund = _agree(centre, connection, who, order, refund, tickets)
        deed.after = {"refund": refund.id, "fen": refund.fen, "state": refund.state.value}
    return refund


def agree(centre: Centre, who: Actor, refund_id: str) -> Refund:
    """Allow a refund that somebody else has asked for. Raises CentreError, also for one's own,
    and if one of its tickets has gone in meanwhile."""
    with performed(centre, who, Act.REFUND_AGREE, f"refund {refund_id[:40]}") as deed:
        refund = refunds.require(deed.connection, refund_id)
        if refund.asked_by == who.name:
            raise CentreError(
                f"cannot agree to that refund of order {refund.order_no}: you have asked for it",
                "two people are needed",
            )
        order = orders.locked(deed.connection, refund.order_no)
        tickets = refunds.tickets_of(deed.connection, refund.id)
        for ticket in tickets:
            _check_unused(deed.connection, ticket.serial)
        refund = _agree(centre, deed.connection, who, order, refund, tickets)
        deed.after = {"fen": refund.fen, "state": refund.state.value}
    return refund


def refuse(centre: Centre, who: Actor, refund_id: str, reason: str) -> None:
    """Refuse a refund that somebody has asked for; its tickets stay good. Raises CentreError."""
    with performed(centre, who, Act.REFUND_REFUSE, f"refund {refund_id[:40]}") as deed:
        refund = refunds.require(deed.connection, refund_id)
        refuse_card_number(reason)
        refunds.move(deed.connection, refund.id, RefundState.REFUSED, approved_by=who.name)
        deed.reason = reason


def _agree(
    centre: Centre,
    connection: Connection,
    who: Actor,
    order: Order,
    refund: Refund,
    tickets: Sequence[TicketFen],
) -> Refund:
    """Void the tickets and post the money; cash is paid at once."""
    status.set_status(connection, [ticket.serial for ticket in tickets], TicketStatus.VOID)
    now_ms = centre.clock()
    event = Event(
        at_ms=now_ms,
        business_day=centre.calendar.day(now_ms),
        who=who.name,
        station=order.station,
        shift=refund.shift,
    )
    orders.add_refunded(connection, order.no, refund.fen)
    if order.refunded_fen + refund.fen + refund.fee_fen >= order.total_fen:
        places.release(connection, order.no)
    agreed = postings.refund_agreed(refund.id, order.no, tickets, refund.fee_fen, event)
    if agreed is not None:
        ledger.post(connection, agreed)
    if order.paid_by == CASH and refund.fen and not refund.shift:
        raise CentreError(
            f"cannot pay {yuan(refund.fen)} back in cash: no shift is open at that till",
            "pay it back at a till with an open shift",
        )
    paid = postings.refund_paid(refund.id, order.no, order.paid_by, refund.fen, event)
    if paid is not None:
        ledger.post(connection, paid)
    state, done_ms = RefundState.DONE, now_ms
    refunds.move(connection, refund.id, state, approved_by=who.name, done_ms=done_ms)
    return replace(refund, state=state, approved_by=who.name, done_ms=done_ms)


def _tickets(
    centre: Centre, connection: Connection, order: Order, serials: Sequence[int]
) -> list[TicketFen]:
    """Return the tickets that are given back, and what was paid for each. Raises CentreError."""
    if order.state is not OrderState.ISSUED:
        raise CentreError(f"cannot pay order {order.no} back: it is {order.state.value}")
    if order.paid_by not in (CASH, CARD):
        raise CentreError(f"cannot pay {order.paid_by} back here yet")
    today = centre.calendar.day(centre.clock())
    tickets = []
    for line in orders.lines_of(connection, order.no):
        priced = Priced.from_json(line.price)
        for serial in line.serials:
            if _is_wanted(connection, serial, serials):
                _check_policy(priced, serial, today)
                _check_unused(connection, serial)
                tickets.append(TicketFen(serial, line.fen_of(serial)))
    missing = set(serials) - {ticket.serial for ticket in tickets}
    if missing:
        raise CentreError(f"cannot pay ticket {min(missing)} back: it is not of order {order.no}")
    if not tickets:
        raise CentreError(f"cannot pay order {order.no} back: all of it was paid back before")
    return tickets


def _is_wanted(connection: Connection, serial: int, serials: Sequence[int]) -> bool:
    """Return whether a ticket of the order shall be given back: one that is named, or with no names
    each that was not yet. Raises CentreError for one that is named and was."""
    if serials and serial not in serials:
        return False
    given_back = refunds.is_given_back(connection, serial)
    if given_back and serials:
        raise CentreError(f"cannot pay ticket {serial} back: it is in a refund already")
    return not given_back


def _check_policy(priced: Priced, serial: int, today: int) -> None:
    until = priced.refund.until_days
    last = None if until is None else priced.day.toordinal() - until
    if last is None:
        raise CentreError(f"cannot pay ticket {serial} back: {priced.code} is never paid back")
    if today > last:
        raise CentreError(
            f"cannot pay ticket {serial} back: that was possible until "
            f"{priced.day.fromordinal(last)}"
        )


def _check_unused(connection: Connection, serial: int) -> None:
    """Raise CentreError for a ticket that went in, is void, or is in another refund."""
    ticket = sold.find(connection, serial)
    if ticket.status is not TicketStatus.VALID:
        raise CentreError(f"cannot pay ticket {serial} back: it is {ticket.status.name.lower()}")
    if history_of(connection, ticket.ticket.id).entered:
        raise CentreError(
            f"cannot pay ticket {serial} back: somebody went in with it",
            "its story says when and where",
        )


def _fee(connection: Connection, ticket: TicketFen) -> int:
    line = orders.line_of(connection, ticket.serial)
    assert line is not None
    return Priced.from_json(line.price).refund.fee(ticket.fen)
