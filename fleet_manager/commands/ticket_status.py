"""`ticket show|draw|reprint|void|suspend|restore`: what happens to a ticket after its sale."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet_manager.commands.ticket_sell import FORMAT, LEVEL, OUT, hand_out, read_holder
from fleet_manager.terminal.options import data_option, json_option, now_ms, who

if TYPE_CHECKING:
    from fleet_manager.centre import Centre
    from fleet_manager.explain import Explanation
    from fleet_manager.services.tickets import StatusChange

_SERIALS = click.argument("serials", metavar="SERIAL...", nargs=-1, required=True, type=int)


@click.command("draw")
@_SERIALS
@OUT
@FORMAT
@LEVEL
@json_option
@data_option
def draw_tickets(
    data: Path,
    serials: tuple[int, ...],
    out: Path | None,
    formats: tuple[str, ...],
    level: str,
    *,
    as_json: bool,
) -> None:
    """Print the codes of tickets once more, exactly as they are."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        prints = tickets.draw(park, who(), serials)
    hand_out(prints, out, formats, level, as_json=as_json)


@click.command("reprint")
@_SERIALS
@OUT
@FORMAT
@LEVEL
@json_option
@data_option
def reprint_tickets(
    data: Path,
    serials: tuple[int, ...],
    out: Path | None,
    formats: tuple[str, ...],
    level: str,
    *,
    as_json: bool,
) -> None:
    """Make new codes for lost tickets; the older prints are refused from the next list on."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        prints = tickets.reprint(park, who(), serials)
    hand_out(prints, out, formats, level, as_json=as_json)


def _say(change: "StatusChange") -> None:
    text = f"{len(change.changed)} changed"
    if change.already:
        text += f", {change.already} were so already"
    click.echo(f"{text}; gates learn it with the next list")


@click.command("void")
@_SERIALS
@data_option
def void_tickets(data: Path, serials: tuple[int, ...]) -> None:
    """Cancel tickets for ever."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        _say(tickets.void(park, who(), serials))


@click.command("suspend")
@_SERIALS
@data_option
def suspend_tickets(data: Path, serials: tuple[int, ...]) -> None:
    """Refuse tickets until they are restored."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        _say(tickets.suspend(park, who(), serials))


@click.command("restore")
@_SERIALS
@data_option
def restore_tickets(data: Path, serials: tuple[int, ...]) -> None:
    """Take suspended tickets again."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        _say(tickets.restore(park, who(), serials))


@click.command("add-entries")
@click.argument("serial", type=int)
@click.argument("count", type=int)
@data_option
def add_entries(data: Path, serial: int, count: int) -> None:
    """Give a ticket entries on top of what it says: for somebody who was counted and not let in."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        total = tickets.add_entries(park, who(), serial, count)
    click.echo(f"{total} on top; gates learn it with the next list")


@click.command("pass-on")
@click.argument("serial", type=int)
@click.argument("holder", metavar="TYPE:NUMBER")
@data_option
def pass_on(data: Path, serial: int, holder: str) -> None:
    """Make a ticket for another person. With - for the number it is read from standard input."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    document = read_holder(holder)
    with centre.opened(data) as park:
        tickets.pass_on(park, who(), serial, document)
    click.echo("passed on; gates learn it with the next list")


@click.command("show")
@click.argument("shown", metavar="SERIAL|CODE")
@click.option("--zone", default=0, show_default=True, type=click.IntRange(0, 15))
@json_option
@data_option
def show_ticket(data: Path, shown: str, zone: int, *, as_json: bool) -> None:
    """Show a ticket, its uses, and whether a gate would take it now, or why not."""
    from fleet_manager import centre
    from fleet_manager.explain import explain

    with centre.opened(data) as park:
        ring = park.unlock().ring
        with park.store.read() as connection:
            found = explain(connection, shown, ring, park.calendar, zone, now_ms())
            lines = _describe(park, found)
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False))
        return
    for name, value in lines.items():
        if name != "uses":
            click.echo(f"{name:10} {'-' if value is None else value}")
            continue
        for use in value:
            click.echo(f"{'use':10} {'  '.join(map(str, use.values()))}")


def _describe(park: "Centre", found: "Explanation") -> dict[str, Any]:
    from datetime import datetime

    from fleet_manager.tickets import products
    from gate_agent.validator.moment import utc_text

    lines: dict[str, Any] = {"verdict": _verdict(found)}
    ticket = found.presented
    if ticket is None:
        return lines

    def local(seconds: int) -> str:
        return datetime.fromtimestamp(seconds, park.calendar.zone).strftime("%Y-%m-%d %H:%M")

    return lines | {
        "serial": ticket.serial,
        "status": "not sold here" if found.sold is None else found.sold.status.name.lower(),
        "product": ticket.product,
        "issued": local(ticket.issued_at),
        "from": local(ticket.not_before),
        "until": local(ticket.expires_at),
        "admits": ticket.admits,
        "zones": products.zone_numbers(ticket.zones),
        "entry": products.policy_text(ticket.entry_policy),
        "group": ticket.group,
        "holder": ticket.holder_tag is not None,
        "print": ticket.issue,
        "entered": found.history.entered,
        "inside": found.history.inside,
        "uses": [
            {
                "at": utc_text(use.passage.wall_ms),
                "gate": use.gate,
                "direction": use.passage.direction.name.lower(),
                "kind": use.passage.kind.key,
                "persons": use.passage.persons,
            }
            for use in found.uses
        ],
    }


def _verdict(found: "Explanation") -> str:
    from gate_agent.validator.decide import Denied, HolderNeeded
    from gate_agent.validator.reasons import TEXTS

    decision = found.decision
    if isinstance(decision, Denied):
        return f"refused, {decision.reason.key}: {TEXTS[decision.reason].hint}"
    if isinstance(decision, HolderNeeded):
        return "would be taken with the holder's document"
    again = ", as a re-entry" if decision.reentry else ""
    return f"would be taken for {decision.persons}{again}"


COMMANDS = (
    show_ticket,
    draw_tickets,
    reprint_tickets,
    void_tickets,
    suspend_tickets,
    restore_tickets,
    add_entries,
    pass_on,
)
