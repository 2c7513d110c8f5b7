"""PURE. What each event of the box office moves: the only place where accounts are paired."""

from collections.abc import Iterable
from dataclasses import dataclass

from fleet_manager.sales.money.accounts import AccountKind, name_of
from fleet_manager.sales.money.entries import Leg, MoneyEntry
from fleet_manager.sales.orders.basket import TicketFen

CASH = "cash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """When, by whom and where something happened. `business_day`: park day."""

    at_ms: int
    business_day: int
    who: str = ""
    station: str = ""
    shift: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What first turns of a ticket at a place earn, in `fen`. `merchant`: '' for the park itself,
    whose product is `product` then."""

    merchant: str
    product: str
    fen: int


def source_of(channel: str, shift: str) -> str:
    """Return the account where money of a payment channel lies: the drawer of a shift for cash, the
    provider's clearing account for the others."""
    if channel == CASH:
        return name_of(AccountKind.DRAWER, shift)
    return name_of(AccountKind.CLEARING, channel)


def opening(shift: str, fen: int, event: Event) -> MoneyEntry | None:
    """Return the entry for the float of a shift; None for none."""
    legs = _pair(name_of(AccountKind.DRAWER, shift), name_of(AccountKind.SAFE, event.station), fen)
    return _entry(f"open:{shift}", "open", f"shift {shift}", legs, event)


def sale(
    order_no: int, channel: str, tickets: Iterable[TicketFen], event: Event
) -> MoneyEntry | None:
    """Return the entry for the money of an order; None for one that costs nothing."""
    earned = [
        Leg(name_of(AccountKind.LIABILITY), -ticket.fen, ticket.serial)
        for ticket in tickets
        if ticket.fen
    ]
    legs = _against(source_of(channel, event.shift), earned)
    return _entry(f"sale:{order_no}", "sale", f"order {order_no}", legs, event)


def refund_agreed(
    refund: str, order_no: int, tickets: Iterable[TicketFen], fee_fen: int, event: Event
) -> MoneyEntry | None:
    """Return the entry for tickets that are paid back: their liability ends, less a fee that the
    park keeps. None for tickets that cost nothing."""
    debits = [
        Leg(name_of(AccountKind.LIABILITY), ticket.fen, ticket.serial)
        for ticket in tickets
        if ticket.fen
    ]
    total = sum(leg.fen for leg in debits)
    earned = [
        Leg(name_of(kind), -fen)
        for kind, fen in (
            (AccountKind.REFUNDS, total - fee_fen),
            (AccountKind.REFUND_FEES, fee_fen),
        )
        if fen
    ]
    return _entry(f"refund:{refund}", "refund", f"order {order_no}", (*debits, *earned), event)


def refund_paid(
    refund: str, order_no: int, channel: str, fen: int, event: Event
) -> MoneyEntry | None:
    """Return the entry for money that has gone back to a customer."""
    legs = _pair(name_of(AccountKind.REFUNDS), source_of(channel, event.shift), fen)
    return _entry(f"refund_paid:{refund}", "refund_paid", f"order {order_no}", legs, event)


def first_turn(
    serial: int, persons: int, share: Share, order_no: int, component: str, event: Event
) -> MoneyEntry | None:
    """Return the entry for first turns of a ticket at a component: what was owed to the visitor is
    earned, by a merchant or the park. `persons`: how many of the ticket have turned there by now,
    which makes the entry's id."""
    account = (
        name_of(AccountKind.PAYABLE, share.merchant)
        if share.merchant
        else name_of(AccountKind.REVENUE, share.product)
    )
    legs = (Leg(name_of(AccountKind.LIABILITY), share.fen, serial), Leg(account, -share.fen))
    return _entry(
        f"turn:{serial}:{component}:{persons}",
        "turn",
        f"order {order_no}",
        legs if share.fen else (),
        event,
    )


def drawer_move(move: str, shift: str, kind: str, fen: int, event: Event) -> MoneyEntry | None:
    """Return the entry for cash into the safe (`drop`), out of it (`add`), or spent (`petty`)."""
    drawer, safe = name_of(AccountKind.DRAWER, shift), name_of(AccountKind.SAFE, event.station)
    legs = {
        "drop": _pair(safe, drawer, fen),
        "add": _pair(drawer, safe, fen),
        "petty": _pair(name_of(AccountKind.PETTY, event.station), drawer, fen),
    }[kind]
    return _entry(f"move:{move}", kind, f"shift {shift}", legs, event)


def closing(shift: str, expected_fen: int, counted_fen: int, event: Event) -> list[MoneyEntry]:
    """Return the entries that empty a drawer: what was counted goes to the safe, and what is too
    much or missing is booked as that."""
    drawer, safe = name_of(AccountKind.DRAWER, shift), name_of(AccountKind.SAFE, event.station)
    difference = counted_fen - expected_fen
    over = name_of(AccountKind.OVER_SHORT)
    legs = _pair(drawer, over, difference) if difference > 0 else _pair(over, drawer, -difference)
    entries = [
        _entry(f"over_short:{shift}", "over_short", f"shift {shift}", legs, event),
        _entry(
            f"close:{shift}", "close", f"shift {shift}", _pair(safe, drawer, counted_fen), event
        ),
    ]
    return [entry for entry in entries if entry is not None]


def _pair(debit: str, credit: str, fen: int) -> tuple[Leg, ...]:
    return (Leg(debit, fen), Leg(credit, -fen)) if fen else ()


def _against(debit: str, earned: list[Leg]) -> tuple[Leg, ...]:
    """Return credits with the one debit that they add up to; nothing for nothing."""
    total = -sum(leg.fen for leg in earned)
    return (Leg(debit, total), *earned) if total else ()


def _entry(
    entry_id: str, kind: str, ref: str, legs: tuple[Leg, ...], event: Event
) -> MoneyEntry | None:
    if not legs:
        return None
    return MoneyEntry(
        id=entry_id,
        kind=kind,
        at_ms=event.at_ms,
        business_day=event.business_day,
        ref=ref,
        legs=legs,
        who=event.who,
        station=event.station,
        shift=event.shift,
    )
