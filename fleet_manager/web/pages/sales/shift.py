"""Shifts 班次: open a drawer, move its cash, count it, and keep the sheet."""

import json
import secrets

from fleet_manager.access.rights import Act, View
from fleet_manager.errors import CentreError
from fleet_manager.sales.money import shifts
from fleet_manager.sales.orders import tills
from fleet_manager.services.sales import shifts as acts
from fleet_manager.web.ask import Answer, Ask, Redirect, show
from fleet_manager.web.inputs.money import read_fen
from fleet_manager.web.refusals import in_language
from fleet_manager.web.registry import act, page

MOST = 30


@page("/sell/shift", View.SELL)
def shift(ask: Ask) -> Answer:
    """Show the shift of a till, and its closing sheets."""
    return _shown(ask, ask.query.get("till"))


def _shown_again(ask: Ask, error: CentreError) -> Answer:
    message, hint = in_language(error, ask.language)
    return _shown(ask, ask.form.get("till"), message, hint)


@act("/sell/shift/open", Act.SHIFT_OPEN, again=_shown_again)
def open_shift(ask: Ask) -> Answer:
    """Begin a shift."""
    till = ask.form.get("till")
    acts.open_shift(ask.centre, ask.who, till, read_fen("float", ask.form.get("float")))
    return Redirect(f"/sell?till={till}", notice=ask.t("sell.opened"))


@act("/sell/shift/move", Act.SHIFT_MOVE, again=_shown_again)
def move(ask: Ask) -> Answer:
    """Put cash into the safe, take some out, or note a small expense."""
    form = ask.form
    till, kind = form.get("till"), form.one_of("kind", shifts.MOVES)
    fen = read_fen("amount", form.get("amount"))
    move_id = form.get("id")[:64] or secrets.token_hex(16)
    reason = form.get("reason")[:200]
    acts.move(ask.centre, ask.who, till, move_id, kind=kind, fen=fen, reason=reason)
    return Redirect(f"/sell/shift?till={till}", notice=ask.t("sell.moved"))


@act("/sell/shift/close", Act.SHIFT_CLOSE, again=_shown_again)
def close(ask: Ask) -> Answer:
    """Count a drawer; end its shift, or ask for one more count."""
    till = ask.form.get("till")
    counted = read_fen("counted", ask.form.get("counted"))
    closed = acts.close_shift(ask.centre, ask.who, till, counted, ask.form.get("reason")[:200])
    if closed is None:
        return Redirect(f"/sell/shift?till={till}")
    return Redirect(f"/sell/sheet?shift={closed.id}", notice=ask.t("sell.shift_closed"))


@page("/sell/sheet", View.SELL)
def sheet(ask: Ask) -> Answer:
    """Show a closing sheet as it was printed."""
    with ask.centre.store.read() as connection:
        closed = shifts.find(connection, ask.query.get("shift"))
    if closed.sheet is None:
        return Redirect(f"/sell/shift?till={closed.till}")
    return show("sheet.html", shift=closed, sheet=json.loads(closed.sheet))


def _shown(ask: Ask, till_id: str, problem: str = "", hint: str = "") -> Answer:
    with ask.centre.store.read() as connection:
        till = tills.find(connection, till_id)
        running = shifts.current(connection, till.id)
        sheets = [item for item in shifts.listed(connection, till.id, MOST) if item.closed_ms]
    return show(
        "shift.html",
        till=till.id,
        till_name=ask.pick(till.name_zh, till.name_en),
        shift=running,
        moves=[(kind, ask.t(f"sell.move.{kind}")) for kind in shifts.MOVES],
        intent=secrets.token_hex(16),
        closed=sheets,
        problem=problem,
        hint=hint,
    )
