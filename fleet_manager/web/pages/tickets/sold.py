"""Tickets 票务: find what was sold, show a ticket's whole story, and act on it."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from fleet_manager.access import audit
from fleet_manager.access.rights import Act, View
from fleet_manager.explain import Explanation, explain
from fleet_manager.services import tickets as acts
from fleet_manager.station import ledger
from fleet_manager.tickets import documents, holders, products, sold, sold_list
from fleet_manager.tickets.lookup import cleaned, is_number
from fleet_manager.tickets.sold import SoldTicket
from fleet_manager.tickets.sold_list import SoldFilter
from fleet_manager.web.ask import Answer, Ask, BadField, Redirect, show
from fleet_manager.web.inputs.period import read_days
from fleet_manager.web.pages.passages import reason_words, row, shown
from fleet_manager.web.pages.tickets import prints
from fleet_manager.web.registry import act, page
from gate_agent.validator.decide import Denied
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.reasons import TEXTS
from gate_agent.validator.tickets.holder import DOCUMENTS, ID_CARD
from gate_agent.validator.tickets.manual_code import manual_code, printed
from gate_agent.validator.tickets.series import MAIN_SERIES
from gate_agent.validator.tickets.ticket import Ticket

MOST = 200
MOST_ACTS = 100
STATES = {
    status.name.lower(): status
    for status in (TicketStatus.VALID, TicketStatus.SUSPENDED, TicketStatus.VOID)
}


@page("/tickets", View.TICKETS)
def search(ask: Ask) -> Answer:
    """Show the newest tickets that pass, or lead to the one that is named."""
    named = ask.query.get("q")
    if named:
        return _story(ask, named)
    with ask.centre.store.read() as connection:
        catalogue = products.every(connection)
        sellers = sold_list.Sellers(connection)
        found = _find(ask, connection, catalogue, sellers)
        lines = [_line(ask, ticket, catalogue, sellers) for ticket in found]
    return show(
        "tickets.html",
        lines=lines[:MOST],
        more=len(lines) > MOST,
        products=[(item.code, ask.pick(item.name_zh, item.name_en)) for item in catalogue],
        states=[(state, ask.t(f"tickets.state.{state}")) for state in STATES],
        documents=[(kind, ask.t(f"tickets.document.{kind}")) for kind in DOCUMENTS],
    )


@page("/tickets/story", View.TICKETS)
def story(ask: Ask) -> Answer:
    """Show all that is known of one ticket."""
    named = ask.query.get("q")
    return _story(ask, named) if named else Redirect("/tickets")


def _find(
    ask: Ask, connection: Connection, catalogue: list[products.Product], sellers: sold_list.Sellers
) -> list[SoldTicket]:
    number = ask.query.get("number")
    if number:
        holder = documents.checked(ask.query.choice("document", DOCUMENTS, ID_CARD), number)
        pepper = ask.centre.unlock().pepper
        return list(holders.of_document(connection, pepper, holder, ask.now_ms // 1000, MOST))
    wanted = SoldFilter(last=MOST + 1)
    code = ask.query.choice("product", [item.code for item in catalogue])
    if code:
        wanted = replace(wanted, product=products.find(connection, code).id)
    state = ask.query.choice("state", STATES)
    if state:
        wanted = replace(wanted, status=STATES[state])
    if ask.query.get("group"):
        wanted = replace(wanted, group=ask.query.number("group", low=0, high=2**53))
    if ask.query.get("from") or ask.query.get("to"):
        days = read_days(ask)
        calendar = ask.centre.calendar
        span = calendar.start_of(days.first), calendar.start_of(days.last + timedelta(days=1))
        wanted = replace(wanted, sold_s=span)
    if ask.query.get("seller"):
        wanted = replace(wanted, seller=ask.query.get("seller"))
    return list(sold_list.find(connection, wanted, sellers))[::-1]


def _line(
    ask: Ask, sold_ticket: SoldTicket, catalogue: list[products.Product], sellers: sold_list.Sellers
) -> dict[str, object]:
    ticket, calendar = sold_ticket.ticket, ask.centre.calendar
    return {
        "serial": ticket.serial,
        "product": _product(ask, catalogue, ticket.product),
        "state": sold_ticket.status.name.lower(),
        "admits": ticket.admits,
        "group": ticket.group,
        "sold": calendar.text(ticket.issued_at * 1000),
        "from": calendar.date_of(ticket.not_before * 1000),
        "to": calendar.date_of(ticket.expires_at * 1000 - 1),
        "seller": sellers.of(ticket.serial),
        "holder": ticket.holder_tag is not None or sold_ticket.new_holder_tag is not None,
    }


def _product(ask: Ask, catalogue: list[products.Product], number: int) -> str:
    for item in catalogue:
        if item.id == number:
            return ask.pick(item.name_zh, item.name_en)
    return f"#{number}"


def _story(ask: Ask, named: str) -> Answer:
    zone = ask.query.number("zone", 0, high=15)
    vault, calendar = ask.centre.unlock(), ask.centre.calendar
    with ask.centre.store.read() as connection:
        explanation = explain(connection, named, vault, calendar, zone, ask.now_ms)
        catalogue = products.every(connection)
        style = shown(ask, connection, vault)
        ours = explanation.sold
        lines = []
        cases = []
        if ours is not None:
            serial = ours.ticket.serial
            lines = _acts_on(connection, serial)
            cases = ledger.cases(connection, None, serial)
    own = ask.who.station
    records = [row(record, style, ask) for record in explanation.records]
    return show(
        "story.html",
        named=named if not is_number(cleaned(named)) else cleaned(named),
        verdict=_verdict(ask, explanation),
        facts=_facts(ask, explanation, catalogue, vault.pepper),
        ours=ours,
        state=ours.status.name.lower() if ours else "",
        records=[line for line in records if own in {"", line["station"]}],
        hidden=sum(own not in {"", line["station"]} for line in records),
        acts=lines,
        cases=cases,
        zone=zone,
        reason_words=reason_words,
        documents=[(kind, ask.t(f"tickets.document.{kind}")) for kind in DOCUMENTS],
    )


def _verdict(ask: Ask, explanation: Explanation) -> tuple[bool, str, str]:
    """Return whether a gate would let it in now, what it would say, and a hint for staff."""
    decision = explanation.decision
    if isinstance(decision, Denied):
        return False, reason_words(decision.reason, ask), TEXTS[decision.reason].hint
    return True, ask.t("story.granted"), ""


def _facts(
    ask: Ask, explanation: Explanation, catalogue: list[products.Product], pepper: bytes
) -> list[tuple[str, object]]:
    ticket = explanation.presented
    if ticket is None:
        return []
    calendar = ask.centre.calendar
    t = ask.t
    facts: list[tuple[str, object]] = []
    if ticket.series == MAIN_SERIES:
        facts += _numbers(ask, explanation, ticket, pepper)
    else:
        facts.append((t("story.series"), ticket.series))
        assert explanation.listing is not None
        state = explanation.listing.status.name.lower()
        facts.append((t("tickets.state"), t(f"tickets.state.{state}")))
    facts += [
        (t("passages.product"), _product(ask, catalogue, ticket.product)),
        (t("story.valid"), f"{calendar.text(ticket.not_before * 1000)[:16]} – "
                           f"{calendar.text(ticket.expires_at * 1000)[:16]}"),
        (t("tickets.admits"), ticket.admits),
        (t("story.entries"), products.policy_text(ticket.entry_policy)),
        (t("story.zones"), ", ".join(map(str, products.zone_numbers(ticket.zones)))),
        (t("story.holder"), t("story.named" if ticket.holder_tag else "story.anybody")),
        (t("story.so_far"), t("story.used", entered=explanation.history.entered,
                              inside=explanation.history.inside)),
    ]  # fmt: skip
    if ticket.group is not None:
        facts.append((t("tickets.group"), ticket.group))
    if explanation.sold is not None and explanation.sold.extra:
        facts.append((t("story.extra"), explanation.sold.extra))
    return facts


def _numbers(
    ask: Ask, explanation: Explanation, ticket: Ticket, pepper: bytes
) -> list[tuple[str, object]]:
    state = "unknown" if explanation.sold is None else explanation.sold.status.name.lower()
    words = ask.t(f"tickets.state.{state}")
    if explanation.sold is not None and explanation.sold.ticket.issue:
        newest = explanation.sold.ticket.issue
        words += " · " + ask.t("story.print", this=ticket.issue, newest=newest)
    number = printed(manual_code(pepper, ticket))
    return [
        (ask.t("tickets.serial"), ticket.serial),
        (ask.t("story.printed"), number),
        (ask.t("tickets.state"), words),
        (ask.t("tickets.sold"), ask.centre.calendar.text(ticket.issued_at * 1000)),
    ]


def _acts_on(connection: Connection, serial: int) -> list[audit.Line]:
    """Return what people did to a ticket: lines of the audit about it alone."""
    wanted = audit.Filter(act="ticket.", whole_object=f"ticket {serial}", last=MOST_ACTS)
    return audit.lines(connection, wanted)


# --- acts -----------------------------------------------------------------------------------------


@act("/tickets/status", Act.TICKET_VOID, Act.TICKET_SUSPEND, Act.TICKET_RESTORE)
def set_status(ask: Ask) -> Answer:
    """Void, suspend or restore a ticket, or every ticket of its group."""
    what = ask.form.one_of("what", ("void", "suspend", "restore"))
    serials = [_serial(ask)]
    reason = _reason(ask)
    if ask.form.get("whole_group"):
        with ask.centre.store.read() as connection:
            group = sold.find(connection, serials[0]).ticket.group
            if group is None:
                raise BadField("cannot take the whole group: the ticket is of none")
            serials = [member.ticket.serial for member in sold.members(connection, group)]
    does = {"void": acts.void, "suspend": acts.suspend, "restore": acts.restore}[what]
    change = does(ask.centre, ask.who, serials, reason)
    notice = ask.t(f"story.done.{what}", count=len(change.changed))
    return _back(ask, serials[0], notice)


@act("/tickets/entries", Act.TICKET_ADD_ENTRIES)
def add_entries(ask: Ask) -> Answer:
    """Give a ticket entries on top of what it says."""
    serial, count = _serial(ask), ask.form.number("count", low=1, high=255)
    total = acts.add_entries(ask.centre, ask.who, serial, count)
    return _back(ask, serial, ask.t("story.done.entries", count=total))


@act("/tickets/pass-on", Act.TICKET_PASS_ON)
def pass_on(ask: Ask) -> Answer:
    """Make a ticket for another person."""
    serial = _serial(ask)
    kind = ask.form.choice("document", DOCUMENTS, ID_CARD)
    holder = documents.checked(kind, ask.form.get("number"))
    acts.pass_on(ask.centre, ask.who, serial, holder)
    return _back(ask, serial, ask.t("story.done.pass_on"))


@act("/tickets/forgive", Act.TICKET_FORGIVE)
def forgive(ask: Ask) -> Answer:
    """Let a ticket in again in spite of anti-passback."""
    serial, reason = _serial(ask), _reason(ask)
    persons = acts.forgive(ask.centre, ask.who, serial, ask.who.name, reason)
    return _back(ask, serial, ask.t("story.done.forgive", count=persons))


@act("/tickets/draw", Act.TICKET_DRAW)
def draw(ask: Ask) -> Answer:
    """Show a ticket as it was handed out, to be printed once more."""
    return prints.shown_prints(ask, acts.draw(ask.centre, ask.who, [_serial(ask)]))


@act("/tickets/reprint", Act.TICKET_REPRINT)
def reprint(ask: Ask) -> Answer:
    """Show a new print of a lost ticket; older ones are refused from the next list on."""
    return prints.shown_prints(ask, acts.reprint(ask.centre, ask.who, [_serial(ask)]))


def _serial(ask: Ask) -> int:
    return ask.form.number("serial", low=1, high=2**32 - 1)


def _reason(ask: Ask) -> str:
    reason = ask.form.get("reason")
    if not reason:
        raise BadField("cannot do that without a reason: say why, others will read it")
    return reason[:500]


def _back(ask: Ask, serial: int, notice: str) -> Redirect:
    return Redirect(f"/tickets/story?q=%23{serial}", notice=notice)
