"""`ticket show`: what the centre knows of one ticket, and whether a gate would take it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet_manager.terminal.options import data_option, json_option, now_ms
from fleet_manager.wording import counted
from gate_agent.validator.printable import json_text, printable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet_manager.centre import Centre
    from fleet_manager.explain import Explanation
    from gate_agent.validator.tickets.ticket import Ticket


@click.command("show")
@click.argument("shown", metavar="TICKET", nargs=-1, required=True)
@click.option("--zone", default=0, show_default=True, type=click.IntRange(0, 15))
@json_option
@data_option
def show_ticket(data: Path, shown: tuple[str, ...], zone: int, *, as_json: bool) -> None:
    """Show a ticket, what happened to it, and whether a gate would take it now, or why not.

    TICKET: its serial, the number printed below its code (also with its blanks), or the code in
    quotes.
    """
    from fleet_manager import centre
    from fleet_manager.explain import explain
    from fleet_manager.terminal.record_lines import Shown, record_table, values

    with centre.opened(data) as park:
        vault = park.unlock()
        with park.store.read() as connection:
            explanation = explain(connection, " ".join(shown), vault, park.calendar, zone, now_ms())
            style = Shown.of(connection, park.calendar, vault)
            if as_json:
                sheet = _values(park, explanation)
                sheet["records"] = [values(record, style) for record in explanation.records]
                click.echo(json_text(sheet))
                return
            lines = _sheet(connection, park, explanation)
    for name, value in lines:
        click.echo(f"{name:15} {printable(str(value))}")
    if explanation.records:
        columns = ("at", "gate", "what", "direction", "persons", "reason", "by", "why", "disowned")
        click.echo("\n" + record_table(explanation.records, columns, style), nl=False)


def _sheet(
    connection: "Connection", park: "Centre", explanation: "Explanation"
) -> list[tuple[str, object]]:
    """Return the lines for people, in park time."""
    from fleet_manager.tickets import products

    lines: list[tuple[str, object]] = [("verdict", _verdict(explanation))]
    ticket = explanation.presented
    if ticket is None:
        return lines
    lines += _names(connection, park, explanation, ticket)
    zones = ", ".join(map(str, products.zone_numbers(ticket.zones)))
    lines += [
        ("valid from", park.calendar.text(ticket.not_before * 1000)[:16]),
        ("until", park.calendar.text(ticket.expires_at * 1000)[:16]),
        ("persons", ticket.admits),
        ("entries", products.policy_text(ticket.entry_policy)),
        ("zones", zones),
        ("holder", _holder(explanation)),
    ]
    if explanation.sold is not None and explanation.sold.extra:
        lines.append(("entries on top", explanation.sold.extra))
    if ticket.group is not None:
        lines.append(("group", ticket.group))
    history = explanation.history
    lines.append(
        ("so far", f"{counted(history.entered, 'entry', 'entries')}, {history.inside} inside")
    )
    return lines


def _names(
    connection: "Connection", park: "Centre", explanation: "Explanation", ticket: "Ticket"
) -> list[tuple[str, object]]:
    """Return who sold it, its numbers, its status and its product."""
    from fleet_manager.sellers import sellers
    from fleet_manager.tickets import products
    from gate_agent.validator.tickets.manual_code import manual_code, printed
    from gate_agent.validator.tickets.series import MAIN_SERIES

    assert explanation.listing is not None
    by_id = {product.id: product for product in products.every(connection)}
    product = by_id.get(ticket.product)
    name = f"number {ticket.product}, which is not here"
    if product is not None:
        name = " ".join(dict.fromkeys([product.code, product.name_zh, product.name_en]))
    if ticket.series != MAIN_SERIES:
        seller = sellers.find_series(connection, ticket.series)
        return [
            ("sold by", f"{seller.owner} (series {seller.series})"),
            ("status", explanation.listing.status.name.lower()),
            ("product", name),
        ]
    status = "not sold here: was the centre put back to a backup?"
    if explanation.sold is not None:
        status = explanation.sold.status.name.lower()
        newest = explanation.sold.ticket.issue
        if newest:
            status += f"; print {ticket.issue} of {newest}, printed anew"
    return [
        ("serial", ticket.serial),
        ("printed number", printed(manual_code(park.unlock().pepper, ticket))),
        ("status", status),
        ("product", name),
        ("sold", park.calendar.text(ticket.issued_at * 1000)),
    ]


def _holder(explanation: "Explanation") -> str:
    if explanation.sold is not None and explanation.sold.new_holder_tag is not None:
        return "one person, by a document; it was passed on"
    assert explanation.presented is not None
    return (
        "one person, by a document" if explanation.presented.holder_tag is not None else "anybody"
    )


def _values(park: "Centre", explanation: "Explanation") -> dict[str, Any]:
    """Return the same for programs, times in UTC."""
    from fleet_manager.tickets import products
    from gate_agent.validator.moment import utc_text
    from gate_agent.validator.tickets.series import MAIN_SERIES

    values: dict[str, Any] = {"verdict": _verdict(explanation)}
    ticket = explanation.presented
    if ticket is None:
        return values
    assert explanation.listing is not None
    ours = ticket.series == MAIN_SERIES
    unsold = "not sold here" if ours else explanation.listing.status.name.lower()
    return values | {
        "series": ticket.series,
        "serial": ticket.serial if ours else None,
        "status": unsold if explanation.sold is None else explanation.sold.status.name.lower(),
        "product": ticket.product,
        "issued": utc_text(ticket.issued_at * 1000) if ours else None,
        "from": utc_text(ticket.not_before * 1000),
        "until": utc_text(ticket.expires_at * 1000),
        "admits": ticket.admits,
        "zones": products.zone_numbers(ticket.zones),
        "entry": products.policy_text(ticket.entry_policy),
        "group": ticket.group,
        "holder": ticket.holder_tag is not None,
        "print": ticket.issue,
        "entered": explanation.history.entered,
        "inside": explanation.history.inside,
        "uses": [
            {
                "at": utc_text(record.at_ms),
                "gate": record.gate,
                "direction": record.passage.direction.name.lower(),
                "kind": record.passage.kind.key,
                "persons": record.passage.persons,
            }
            for record in explanation.records
            if record.uses_ticket
        ],
    }


def _verdict(explanation: "Explanation") -> str:
    from gate_agent.validator.decide import Denied, HolderNeeded
    from gate_agent.validator.reasons import TEXTS

    decision = explanation.decision
    if isinstance(decision, Denied):
        return f"refused, {decision.reason.key}: {TEXTS[decision.reason].hint}"
    if isinstance(decision, HolderNeeded):
        return "would be taken with the holder's document"
    again = ", as a re-entry" if decision.reentry else ""
    return f"would be taken for {counted(decision.persons, 'person')}{again}"
