"""Sell 售票: a till's page. One field, a button for each product, and what is due."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from fleet_manager.access.rights import Act, View
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates
from fleet_manager.sales.money import shifts
from fleet_manager.sales.orders import orders, placing, till_entry, tills
from fleet_manager.sales.orders.basket import Basket, WantedLine
from fleet_manager.sales.orders.orders import OrderState
from fleet_manager.sales.orders.till_entry import (
    AddPersons,
    GivenCash,
    ScannedPayment,
    TicketText,
)
from fleet_manager.sales.orders.tills import Till
from fleet_manager.sales.prices import catalogue, places
from fleet_manager.sales.prices.catalogue import Catalogue
from fleet_manager.sales.prices.quote import minute_text
from fleet_manager.services.sales import orders as acts
from fleet_manager.services.sales import tills as till_acts
from fleet_manager.services.sales.orders import CARD, PaidBy
from fleet_manager.tickets.products import Product
from fleet_manager.web.ask import Answer, Ask, BadField, Redirect, show
from fleet_manager.web.inputs import basket as inputs
from fleet_manager.web.inputs.basket import TillLine
from fleet_manager.web.refusals import in_language
from fleet_manager.web.registry import act, page

LATEST = 8
MOST_FEN = 10**12


@page("/sell", View.SELL)
def window(ask: Ask) -> Answer:
    """Show a till with nothing chosen yet, or all tills to choose one."""
    if not ask.query.get("till"):
        return _choose(ask)
    return _till(ask, ask.query.get("till"), [], done=ask.query.number("done", 0, high=2**53))


def _shown_again(ask: Ask, error: CentreError) -> Answer:
    """Show the till as it was, with what refused it."""
    message, hint = in_language(error, ask.language)
    try:
        lines = inputs.read_lines(ask.form)
    except BadField:
        lines = []
    return _till(ask, ask.form.get("till"), lines, problem=message, hint=hint)


@act("/sell", Act.ORDER_PLACE, again=_shown_again)
def step(ask: Ask) -> Answer:
    """Do what a button or the field says: change the basket, or sell it."""
    lines, till = inputs.read_lines(ask.form), ask.form.get("till")
    what, _, value = ask.form.get("do", "entry").partition(":")
    if what == "entry":
        return _entry(ask, till, lines)
    if what == "cash":
        return _sold(ask, till, lines, PaidBy())
    if what == "card":
        return _sold(ask, till, lines, PaidBy(channel=CARD, reference=ask.form.get("reference")))
    if what == "clear":
        return _till(ask, till, [])
    if what not in ("add", "more", "less") or not value.isdecimal() or len(value) > 4:
        raise BadField(f"cannot use do {what[:20]!r}: must be one of entry, cash, card, clear")
    if what == "add":
        return _till(ask, till, _added(ask, lines, int(value), 1))
    return _till(ask, till, inputs.change(lines, int(value), 1 if what == "more" else -1))


def _entry(ask: Ask, till: str, lines: list[TillLine]) -> Answer:
    entry = till_entry.read(ask.form.raw("entry"))
    match entry:
        case AddPersons():
            return _till(ask, till, _added(ask, lines, entry.key, entry.persons))
        case GivenCash():
            return _sold(ask, till, lines, PaidBy(given_fen=entry.fen))
        case ScannedPayment():
            raise CentreError(
                "cannot be paid by a phone's code: no payment provider is set up",
                "take cash or a card",
            )
        case TicketText():
            return Redirect(f"/tickets/story?q={quote(entry.text, safe='')}")
        case _:
            return _till(ask, till, lines)


def _added(ask: Ask, lines: list[TillLine], key: int, persons: int) -> list[TillLine]:
    """Return lines with more of the product with this key. Raises CentreError for no such key."""
    with ask.centre.store.read() as connection:
        goods = catalogue.current(connection)
    offered = _offered(goods)
    if not 0 < key <= len(offered):
        raise CentreError(f"cannot add product {key}: the keys are 1 to {len(offered)}")
    product = offered[key - 1]
    added = inputs.add(lines, product.code, persons)
    slots = _open_slots(ask, goods, product)
    if added and added[-1].product == product.code and not added[-1].slot and slots:
        added[-1] = replace(added[-1], slot=slots[0])
    return added


def _sold(ask: Ask, till: str, lines: Sequence[TillLine], paid: PaidBy) -> Answer:
    with ask.centre.store.read() as connection:
        goods = catalogue.current(connection)
    wanted = _basket(ask, goods, till, lines, ask.form.get("intent"))
    sale = acts.sell(ask.centre, ask.who, wanted, paid)
    address = f"/sell?till={till}&done={sale.order.no}"
    return Redirect(f"{address}&change={sale.change_fen}" if sale.change_fen else address)


def _basket(
    ask: Ask, goods: Catalogue, till: str, lines: Sequence[TillLine], intent: str
) -> Basket:
    """Return what is chosen, for today. The button of a cheaper ticket says which document is
    looked at: pressing it says that it was."""
    today = ask.centre.calendar.date_of(ask.now_ms)
    wanted = []
    for line in lines:
        product = goods.find(line.product)
        agreed = goods.list_for(product, today.toordinal())
        wanted.append(
            WantedLine(
                product=line.product,
                persons=line.persons,
                day=today,
                slot=line.slot,
                together=line.together,
                proof=agreed.eligibility if agreed else "",
            )
        )
    return Basket(intent=intent, lines=tuple(wanted), till=till)


def _choose(ask: Ask) -> Answer:
    own = ask.who.station
    with ask.centre.store.read() as connection:
        listed = [
            (till, shifts.current(connection, till.id))
            for till in tills.every(connection)
            if till.retired_ms is None and own in ("", till.station)
        ]
        stations = [(at.id, ask.pick(at.name_zh, at.name_en)) for at in gates.stations(connection)]
    kinds = [(kind.value, ask.t(f"sell.kind.{kind.value}")) for kind in tills.TillKind]
    return show("tills.html", tills=listed, stations=stations, kinds=kinds)


@act("/sell/tills/add", Act.TILL_ADD)
def add_till(ask: Ask) -> Answer:
    """Add a till."""
    form = ask.form
    name = form.get("id")
    till = Till(
        name,
        form.get("station"),
        tills.TillKind(form.one_of("kind", list(tills.TillKind))),
        form.get("name_zh", name),
        form.get("name_en", name),
    )
    till_acts.add(ask.centre, ask.who, till)
    return Redirect("/sell", notice=ask.t("sell.till_added", till=till.id))


def _till(
    ask: Ask,
    till_id: str,
    lines: list[TillLine],
    *,
    done: int = 0,
    problem: str = "",
    hint: str = "",
) -> Answer:
    """Show a till. A mistake in the basket is said above it, and the basket stays."""
    today = ask.centre.calendar.day(ask.now_ms)
    with ask.centre.store.read() as connection:
        till = tills.find_in_use(connection, till_id)
        shift = shifts.current(connection, till.id)
        if shift is None:
            return Redirect(f"/sell/shift?till={till.id}")
        goods = catalogue.current(connection)
        offers = _offers(ask, connection, goods)
        latest = orders.latest(connection, till.id, today, LATEST)
        sale = _done(ask, connection, done, till)
    rows: list[dict[str, Any]] = []
    try:
        rows = _rows(ask, goods, till_id, lines)
    except CentreError as error:
        if not problem:
            problem, hint = in_language(error, ask.language)
    return show(
        "sell.html",
        till=till.id,
        till_name=ask.pick(till.name_zh, till.name_en),
        shift=shift,
        intent=ask.form.get("intent") if lines and not done else secrets.token_hex(16),
        goods=offers,
        rows=rows,
        kept=[line.encoded() for line in lines] if not rows else [],
        total_fen=sum(row["total_fen"] for row in rows),
        latest=latest,
        done=sale,
        problem=problem,
        hint=hint,
    )


def _done(ask: Ask, connection: Connection, number: int, till: Till) -> dict[str, Any] | None:
    if not number:
        return None
    order = orders.find(connection, number)
    if order.till != till.id or order.state is not OrderState.ISSUED:
        return None
    return {
        "no": order.no,
        "total_fen": order.total_fen,
        "change_fen": ask.query.number("change", 0, high=MOST_FEN),
        "tickets": sum(line.tickets for line in orders.lines_of(connection, order.no)),
    }


def _offered(goods: Catalogue) -> list[Product]:
    """Return what a till sells, in the order of its keys."""
    listed = sorted(goods.products.values(), key=lambda product: product.id)
    return [product for product in listed if product.retired_ms is None]


def _offers(ask: Ask, connection: Connection, goods: Catalogue) -> list[dict[str, Any]]:
    day = ask.centre.calendar.day(ask.now_ms)
    offers = []
    for key, product in enumerate(_offered(goods), 1):
        agreed = goods.list_for(product, day)
        rule = goods.eligibilities.get(agreed.eligibility) if agreed else None
        quota = goods.quota_of(product, day)
        fen, why_not = 0, ""
        try:
            fen = goods.price_of(product, day, "window")
        except CentreError as error:
            why_not = in_language(error, ask.language)[0]
        taken = 0 if quota is None else places.taken_of(connection, product.id, day, -1)
        offers.append(
            {
                "key": key,
                "name": ask.pick(product.name_zh, product.name_en),
                "fen": fen,
                "why_not": why_not,
                "check": _document(ask, rule),
                "left": None if quota is None else max(0, quota - taken),
            }
        )
    return offers


def _document(ask: Ask, rule: catalogue.Eligibility | None) -> str:
    if rule is None or not rule.at_sale:
        return ""
    return ask.t("sell.check", document=ask.pick(rule.document_zh, rule.document_en))


def _open_slots(ask: Ask, goods: Catalogue, product: Product) -> list[str]:
    """Return the time slots of today that are not over."""
    start = ask.centre.calendar.start_of_day(ask.centre.calendar.day(ask.now_ms))
    minute = (ask.now_ms // 1000 - start) // 60
    return [
        minute_text(slot.first) for slot in goods.slots.get(product.id, ()) if slot.last > minute
    ]


def _rows(ask: Ask, goods: Catalogue, till: str, lines: Sequence[TillLine]) -> list[dict[str, Any]]:
    """Return the basket with its prices. Raises CentreError for a line that cannot be sold."""
    wanted = _basket(ask, goods, till, lines, "shown")
    prices = placing.prices_of(goods, ask.centre.calendar, wanted, ask.now_ms)
    rows = []
    for line, priced in zip(lines, prices, strict=True):
        product = goods.products[line.product]
        rows.append(
            {
                "encoded": line.encoded(),
                "name": ask.pick(product.name_zh, product.name_en),
                "persons": line.persons,
                "unit_fen": priced.unit_fen,
                "total_fen": priced.total_fen,
                "together": line.together,
                "check": _document(ask, goods.eligibilities.get(priced.eligibility)),
                "slot": line.slot,
                "slots": [(slot, slot) for slot in _open_slots(ask, goods, product)],
            }
        )
    return rows
