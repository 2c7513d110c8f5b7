"""Acts on shifts: open, move cash, count, close."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from fleet_manager.access.actor import Actor, Role
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.sales.money import ledger, postings, shifts
from fleet_manager.sales.money.postings import Event
from fleet_manager.sales.money.shifts import Shift
from fleet_manager.sales.orders import orders, tills
from fleet_manager.sales.payments.card_numbers import refuse_card_number
from fleet_manager.services.act import performed
from fleet_manager.services.sales.orders import yuan

MOST_FEN = 10_000_000_00
_LEADS = (Role.ADMINISTRATOR, Role.MANAGER, Role.STATION_LEAD)


def open_shift(centre: Centre, who: Actor, till: str, float_fen: int) -> Shift:
    """Begin a shift of who acts at a till, with cash from the safe in its drawer. Raises
    CentreError if the till is retired, or a shift is open."""
    with performed(
        centre, who, Act.SHIFT_OPEN, f"till {till}", station=lambda c: tills.find(c, till).station
    ) as deed:
        _check_amount(float_fen)
        place = tills.find_in_use(deed.connection, till)
        now_ms = centre.clock()
        shift = shifts.open_new(deed.connection, till, place.station, who.name, float_fen, now_ms)
        entry = postings.opening(shift.id, float_fen, _event(centre, who, shift, now_ms))
        if entry is not None:
            ledger.post(deed.connection, entry)
        deed.subject, deed.after = f"shift {shift.id}", {"float_fen": float_fen}
    return shift


def move(
    centre: Centre,
    who: Actor,
    till: str,
    move_id: str,
    *,
    kind: str,
    fen: int,
    reason: str = "",
) -> None:
    """Put cash of a drawer into the safe (`drop`), take some out of it (`add`), or note a small
    expense (`petty`). `move_id`: drawn by who asks, so that it is done once. Raises CentreError."""
    with performed(centre, who, Act.SHIFT_MOVE, f"till {till}") as deed:
        _check_amount(fen)
        if kind not in shifts.MOVES or not fen:
            raise CentreError(f"cannot move {yuan(fen)}: must be one of {', '.join(shifts.MOVES)}")
        if kind == "petty" and not reason:
            raise CentreError("cannot note an expense without what it was for")
        refuse_card_number(reason)
        shift = _own(deed.connection, who, till)
        now_ms = centre.clock()
        event = _event(centre, who, shift, now_ms)
        entry = postings.drawer_move(move_id, shift.id, kind, fen, event)
        assert entry is not None
        if ledger.post(deed.connection, entry):
            shifts.add_move(
                deed.connection,
                move_id,
                shift.id,
                kind,
                fen,
                at_ms=now_ms,
                who=who.name,
                reason=reason,
            )
        deed.subject, deed.reason = f"shift {shift.id}", reason
        deed.after = {"kind": kind, "fen": fen}


def close_shift(
    centre: Centre, who: Actor, till: str, counted_fen: int, reason: str = "", *, sure: bool = False
) -> Shift | None:
    """Count the drawer of a till and end its shift; return it, or None if the count does not fit
    and should be done once more. `sure`: the count stands, for a `reason` if it does not fit.

    What must be in the drawer is told only afterwards. Raises CentreError for a difference without
    a reason, and while an order of the shift waits for its money.
    """
    with performed(centre, who, Act.SHIFT_CLOSE, f"till {till}") as deed:
        _check_amount(counted_fen)
        refuse_card_number(reason)
        shift = _own(deed.connection, who, till)
        deed.subject = f"shift {shift.id}"
        waiting = [o.no for o in orders.unfinished(deed.connection) if o.shift == shift.id]
        if waiting:
            raise CentreError(
                f"cannot close shift {shift.id}: order {waiting[0]} is not finished",
                "be paid for it, or cancel it",
            )
        sheet = shifts.sums_of(deed.connection, shift.id)
        difference = counted_fen - sheet.expected_fen
        if difference and shift.first_count_fen is None and not sure:
            shifts.set_first_count(deed.connection, shift.id, counted_fen)
            deed.after = {"first_count_fen": counted_fen}
            return None
        if difference and not reason:
            raise CentreError(
                f"cannot close shift {shift.id} with a difference and without a reason",
                "say what you know about it",
            )
        now_ms = centre.clock()
        event = _event(centre, who, shift, now_ms)
        for entry in postings.closing(shift.id, sheet.expected_fen, counted_fen, event):
            ledger.post(deed.connection, entry)
        closed = replace(
            shift,
            closed_ms=now_ms,
            expected_fen=sheet.expected_fen,
            counted_fen=counted_fen,
            reason=reason,
        )
        closed = shifts.close(deed.connection, closed, _sheet(closed, sheet))
        deed.reason = reason
        deed.after = {
            "expected_fen": sheet.expected_fen,
            "counted_fen": counted_fen,
            "difference_fen": difference,
        }
    return closed


def _sheet(shift: Shift, sheet: shifts.ShiftSums) -> dict[str, Any]:
    """Return a closing sheet as it is kept and printed."""
    return {
        "shift": shift.id,
        "number": shift.number,
        "cashier": shift.cashier,
        "opened_ms": shift.opened_ms,
        "closed_ms": shift.closed_ms,
        "float_fen": shift.float_fen,
        "sales": dict(sheet.sales),
        "refunds": dict(sheet.refunds),
        "moves": dict(sheet.moves),
        "expected_fen": shift.expected_fen,
        "counted_fen": shift.counted_fen,
        "first_count_fen": shift.first_count_fen,
        "reason": shift.reason,
    }


def _own(connection: Connection, who: Actor, till: str) -> Shift:
    """Return the open shift of a till, which is who's, or anybody's for a lead. Raises
    CentreError."""
    shift = shifts.current(connection, till)
    if shift is None:
        raise CentreError(f"cannot find a shift at till {till[:20]}: none is open")
    if shift.cashier != who.name and who.role not in _LEADS:
        raise CentreError(
            f"cannot change shift {shift.id}: it is {shift.cashier}'s", "ask a lead of the station"
        )
    return shift


def _check_amount(fen: int) -> None:
    if not 0 <= fen <= MOST_FEN:
        raise CentreError(f"cannot use that amount: must be 0 to {yuan(MOST_FEN)}")


def _event(centre: Centre, who: Actor, shift: Shift, now_ms: int) -> Event:
    return Event(
        at_ms=now_ms,
        business_day=centre.calendar.day(now_ms),
        who=who.name,
        station=shift.station,
        shift=shift.id,
    )
