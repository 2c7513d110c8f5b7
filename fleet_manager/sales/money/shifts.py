"""Shifts of tills: who has which drawer, what must be in it, and the sheet at the end.

A sheet says what the till sold, by what was paid how, and what was counted. Its head covers the
sheet before it, so none can be changed or taken out unseen. Inside the caller's transaction.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from fleet_manager.database.sales.money import account, drawer_move, entry, posting
from fleet_manager.database.sales.money import shift as table
from fleet_manager.errors import CentreError
from fleet_manager.sales.money import ledger
from fleet_manager.sales.money.accounts import AccountKind, name_of

MOVES = ("drop", "add", "petty")
_ROW = table.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A row of `shift`; see there."""

    id: str
    till: str
    station: str
    number: int
    cashier: str
    opened_ms: int
    float_fen: int
    closed_ms: int | None = None
    expected_fen: int | None = None
    counted_fen: int | None = None
    first_count_fen: int | None = None
    reason: str = ""
    sheet: str | None = None
    head: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftSums:
    """What happened in a shift so far, in fen. `sales`, `refunds`: by payment channel. `moves`: by
    kind. `orders`: how many; `tickets`: how many were sold."""

    sales: Mapping[str, int]
    refunds: Mapping[str, int]
    moves: Mapping[str, int]
    expected_fen: int


def current(connection: Connection, till: str) -> Shift | None:
    """Return the open shift of a till, None if there is none."""
    query = select(table).where(_ROW.till == till, _ROW.closed_ms.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else Shift(**row._mapping)


def require(connection: Connection, till: str, cashier: str) -> Shift:
    """Return the open shift of a till, which must be that cashier's. Raises CentreError."""
    shift = current(connection, till)
    if shift is None:
        raise CentreError(f"cannot sell at till {till}: no shift is open", "open a shift first")
    if shift.cashier != cashier:
        raise CentreError(
            f"cannot sell at till {till}: its shift is {shift.cashier}'s",
            "each cashier has a drawer of their own; close that shift first",
        )
    return shift


def find(connection: Connection, shift: str) -> Shift:
    """Return a shift. Raises CentreError if there is none."""
    row = connection.execute(select(table).where(_ROW.id == shift)).one_or_none()
    if row is None:
        raise CentreError(f"cannot find shift {shift[:40]!r}", "see `fleet-manager shift list`")
    return Shift(**row._mapping)


def listed(connection: Connection, till: str, most: int) -> list[Shift]:
    """Return the newest shifts, of one till or with '' of all."""
    query = select(table).order_by(_ROW.opened_ms.desc()).limit(most)
    if till:
        query = query.where(_ROW.till == till)
    return [Shift(**row._mapping) for row in connection.execute(query)]


def open_new(
    connection: Connection, till: str, station: str, cashier: str, float_fen: int, now_ms: int
) -> Shift:
    """Store a new shift and return it. Raises CentreError if one is open at the till, or the
    cashier has one at another."""
    running = current(connection, till)
    if running is not None:
        raise CentreError(
            f"cannot open a shift at till {till}: {running.cashier}'s is open",
            "close it first",
        )
    query = select(_ROW.till).where(_ROW.cashier == cashier, _ROW.closed_ms.is_(None))
    elsewhere = connection.scalar(query)
    if elsewhere is not None:
        raise CentreError(
            f"cannot open a shift at till {till}: {cashier} has one at till {elsewhere}",
            "close it first",
        )
    last = connection.scalar(select(func.max(_ROW.number)).where(_ROW.till == till)) or 0
    shift = Shift(
        id=f"{till}/{last + 1}",
        till=till,
        station=station,
        number=last + 1,
        cashier=cashier,
        opened_ms=now_ms,
        float_fen=float_fen,
    )
    values = {name: getattr(shift, name) for name in Shift.__dataclass_fields__}
    connection.execute(insert(table).values(values))
    return shift


def add_move(
    connection: Connection,
    move: str,
    shift: str,
    kind: str,
    fen: int,
    *,
    at_ms: int,
    who: str,
    reason: str,
) -> None:
    """Store cash that was put into a drawer or taken out."""
    connection.execute(
        insert(drawer_move).values(
            id=move, shift=shift, kind=kind, fen=fen, at_ms=at_ms, who=who, reason=reason
        )
    )


def sums_of(connection: Connection, shift: str) -> ShiftSums:
    """Return what happened in a shift, added up from the entries of the ledger."""
    query = (
        select(entry.c.kind, account.c.kind, account.c.owner, func.sum(posting.c.fen))
        .join(posting, posting.c.entry_no == entry.c.no)
        .join(account, account.c.no == posting.c.account_no)
        .where(
            entry.c.shift == shift,
            account.c.kind.in_((AccountKind.DRAWER.value, AccountKind.CLEARING.value)),
        )
        .group_by(entry.c.kind, account.c.kind, account.c.owner)
        .order_by(entry.c.kind, account.c.kind, account.c.owner)
    )
    sales: dict[str, int] = {}
    refunds: dict[str, int] = {}
    moves: dict[str, int] = {}
    for kind, of, owner, total in connection.execute(query):
        channel = "cash" if of == AccountKind.DRAWER.value else owner
        if kind == "sale":
            sales[channel] = int(total)
        elif kind == "refund_paid":
            refunds[channel] = -int(total)
        elif of == AccountKind.DRAWER.value:
            moves[kind] = int(total)
    expected = ledger.balance(connection, name_of(AccountKind.DRAWER, shift)).fen
    return ShiftSums(sales=sales, refunds=refunds, moves=moves, expected_fen=expected)


def set_first_count(connection: Connection, shift: str, fen: int) -> None:
    """Store a count that somebody wants to do once more."""
    connection.execute(update(table).where(_ROW.id == shift).values(first_count_fen=fen))


def close(connection: Connection, shift: Shift, sheet: Mapping[str, Any]) -> Shift:
    """Store that a shift is over, with its closing sheet, and return it as it is stored.

    `shift`: with its count and the time of its end.
    """
    text = json.dumps(sheet, sort_keys=True, ensure_ascii=False)
    before = connection.scalar(
        select(_ROW.head).where(_ROW.till == shift.till, _ROW.number == shift.number - 1)
    )
    head = head_of(before, text)
    connection.execute(
        update(table)
        .where(_ROW.id == shift.id)
        .values(
            closed_ms=shift.closed_ms,
            expected_fen=shift.expected_fen,
            counted_fen=shift.counted_fen,
            reason=shift.reason,
            sheet=text,
            head=head,
        )
    )
    return find(connection, shift.id)


def head_of(before: bytes | None, sheet: str) -> bytes:
    """Return the head of a closing sheet after the one before it; None for a till's first."""
    return sha256((before or b"") + sheet.encode()).digest()
