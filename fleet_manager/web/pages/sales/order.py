"""Orders 订单: what was sold, printed once more, paid back."""

import secrets
from typing import Any

from fleet_manager.access.rights import Act, View
from fleet_manager.errors import CentreError
from fleet_manager.sales.orders import orders, refunds
from fleet_manager.sales.orders.refunds import RefundState
from fleet_manager.sales.prices.agreement import Priced
from fleet_manager.sales.prices.quote import minute_text
from fleet_manager.services.sales import orders as acts
from fleet_manager.services.sales import refunds as refund_acts
from fleet_manager.services.sales.refunds import RefundRequest
from fleet_manager.tickets import products, sold
from fleet_manager.web.ask import Answer, Ask, Redirect, show
from fleet_manager.web.pages.tickets.prints import shown_prints
from fleet_manager.web.refusals import in_language
from fleet_manager.web.registry import act, page
from fleet_manager.web.render import money

MOST = 200
MOST_NUMBER = 2**53


@page("/sell/order", View.SELL)
def order(ask: Ask) -> Answer:
    """Show one order with its tickets and refunds."""
    return _shown(ask, ask.query.number("no", low=1, high=MOST_NUMBER))


def _shown_again(ask: Ask, error: CentreError) -> Answer:
    message, hint = in_language(error, ask.language)
    return _shown(ask, _number(ask), message, hint)


@act("/sell/print", Act.TICKET_DRAW, again=_shown_again)
def print_tickets(ask: Ask) -> Answer:
    """Show the tickets of an order, to be printed."""
    return shown_prints(ask, acts.prints(ask.centre, ask.who, _number(ask)).prints)


@act("/sell/cancel", Act.ORDER_CANCEL, again=_shown_again)
def cancel(ask: Ask) -> Answer:
    """Give an order up that nobody has paid."""
    number = _number(ask)
    acts.cancel(ask.centre, ask.who, number)
    return Redirect(f"/sell/order?no={number}", notice=ask.t("sell.cancelled", no=number))


@act("/sell/refund", Act.REFUND_ASK, again=_shown_again)
def refund(ask: Ask) -> Answer:
    """Give tickets of an order back, or ask for it; none chosen is all of them."""
    number = _number(ask)
    with ask.centre.store.read() as connection:
        till = orders.find(connection, number).till
    serials = tuple(int(text) for text in ask.form.every("serial") if text.isdecimal())
    wanted = RefundRequest(
        id=ask.form.get("id")[:40],
        order_no=number,
        serials=serials,
        reason=ask.form.get("reason"),
        till=till,
    )
    paid = refund_acts.ask(ask.centre, ask.who, wanted)
    key = "sell.refund_waits" if paid.state is RefundState.ASKED else "sell.refund_done"
    return Redirect(f"/sell/order?no={number}", notice=ask.t(key, fen=money(paid.fen)))


@page("/sell/refunds", View.SELL)
def waiting(ask: Ask) -> Answer:
    """Show the refunds that wait for somebody to agree."""
    return _waiting(ask)


def _waiting_again(ask: Ask, error: CentreError) -> Answer:
    return _waiting(ask, *in_language(error, ask.language))


@act("/sell/refunds/agree", Act.REFUND_AGREE, again=_waiting_again)
def agree(ask: Ask) -> Answer:
    """Allow a refund."""
    paid = refund_acts.agree(ask.centre, ask.who, ask.form.get("id"))
    return Redirect("/sell/refunds", notice=ask.t("sell.refund_done", fen=money(paid.fen)))


@act("/sell/refunds/refuse", Act.REFUND_REFUSE, again=_waiting_again)
def refuse(ask: Ask) -> Answer:
    """Refuse a refund; its tickets stay good."""
    refund_acts.refuse(ask.centre, ask.who, ask.form.get("id"), "")
    return Redirect("/sell/refunds", notice=ask.t("sell.refund_refused"))


def _waiting(ask: Ask, problem: str = "", hint: str = "") -> Answer:
    with ask.centre.store.read() as connection:
        listed = refunds.waiting(connection, MOST)
    return show("refunds.html", refunds=listed, problem=problem, hint=hint)


def _number(ask: Ask) -> int:
    return ask.form.number("no", low=1, high=MOST_NUMBER)


def _shown(ask: Ask, number: int, problem: str = "", hint: str = "") -> Answer:
    with ask.centre.store.read() as connection:
        found = orders.find(connection, number)
        names = {item.id: (item.name_zh, item.name_en) for item in products.every(connection)}
        lines = orders.lines_of(connection, number)
        tickets: list[dict[str, Any]] = []
        for line in lines:
            priced = Priced.from_json(line.price)
            for serial in line.serials[: MOST - len(tickets)]:
                ticket = sold.find(connection, serial)
                tickets.append(
                    {
                        "serial": serial,
                        "name": ask.pick(*names[line.product]),
                        "slot": "" if priced.slot is None else minute_text(priced.slot),
                        "persons": ticket.ticket.admits,
                        "state": ticket.status.name.lower(),
                        "fen": line.fen_of(serial),
                    }
                )
        given_back = refunds.of_order(connection, number)
    return show(
        "order.html",
        order=found,
        tickets=tickets,
        refunds=given_back,
        intent=secrets.token_hex(16),
        problem=problem,
        hint=hint,
    )
