"""`audit`: who did what at the centre, and whether the record is whole."""

import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, day_option, json_option
from gate_agent.validator.printable import json_text

if TYPE_CHECKING:
    from fleet_manager.access.audit import Line
    from fleet_manager.park_time import Calendar

audit = Group("audit", help="Every act of a person, also refused ones, chained by hashes.")


@audit.command("list")
@click.option("--by", help="Only acts of this person.")
@click.option("--act", help="Only acts whose name begins so: ticket, ticket.void.")
@click.option("--object", "subject", help="Only acts whose object holds this text.")
@click.option("--refused", is_flag=True, help="Only acts that were refused.")
@day_option("--from", "first", "First park day.")
@day_option("--to", "last", "Last park day.")
@click.option("--last", "most", type=click.IntRange(1), help="At most so many, the newest.")
@json_option
@data_option
def list_lines(
    data: Path,
    by: str | None,
    act: str | None,
    subject: str | None,
    *,
    refused: bool,
    first: date | None,
    last: date | None,
    most: int | None,
    as_json: bool,
) -> None:
    """List acts, oldest first, in park time."""
    from fleet_manager import centre
    from fleet_manager.access import audit as book
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park, park.store.read() as connection:
        calendar = park.calendar
        wanted = book.Filter(
            actor=by,
            act=act,
            object=subject,
            result=book.Result.REFUSED.value if refused else None,
            since_ms=None if first is None else calendar.start_of(first) * 1000,
            until_ms=None if last is None else calendar.start_of(last + timedelta(1)) * 1000,
            last=most,
        )
        lines = book.lines(connection, wanted)
    if as_json:
        for line in lines:
            click.echo(json_text(_values(line)))
        return
    header = ["number", "at", "by", "from", "act", "object", "result", "change"]
    click.echo(table(header, [_row(line, calendar) for line in lines]), nl=False)


@audit.command("verify")
@click.option("--head", metavar="HASH", help="A hash that was printed before and kept elsewhere.")
@data_option
def verify(data: Path, head: str | None) -> None:
    """Compute the chain of hashes anew: finds lines that were changed, taken out or cut off.

    Write the hash down that it prints, outside of this computer: given with --head later, it also
    finds a record that was written anew from the start. Exit status 1 if something is wrong.
    """
    from fleet_manager import centre
    from fleet_manager.access import audit as book
    from fleet_manager.errors import CentreError

    noted = None if head is None else _hash(head)
    with centre.opened(data) as park, park.store.read() as connection:
        outcome = book.verify(connection, head=noted)
    if outcome.fault:
        raise CentreError(
            f"the audit is not whole: {outcome.fault}",
            f"{outcome.lines} lines before it are; compare with a backup",
        )
    click.echo(f"{outcome.lines} lines, whole; the hash of the last is {outcome.head.hex()}")


def _hash(text: str) -> bytes:
    try:
        noted = bytes.fromhex(text)
    except ValueError:
        noted = b""
    if len(noted) != 32:
        raise click.UsageError(f"{text!r} is not a hash of 64 hexadecimal digits")
    return noted


def _values(line: "Line") -> dict[str, object]:
    from gate_agent.validator.moment import utc_text

    values = asdict(line)
    values["at"] = utc_text(values.pop("at_ms"))
    for name in ("before", "after"):
        values[name] = None if values[name] is None else json.loads(values[name])
    return values


def _row(line: "Line", calendar: "Calendar") -> list[object]:
    at = datetime.fromtimestamp(line.at_ms / 1000, calendar.zone)
    change = line.reason
    if line.after is not None:
        values = [line.after] if line.before is None else [line.before, line.after]
        change = " → ".join(values) + (f"  {line.reason}" if line.reason else "")
    by = line.actor if line.via == "command" else f"{line.actor} ({line.via})"
    return [
        line.number,
        at.strftime("%Y-%m-%d %H:%M:%S"),
        by,
        line.origin,
        line.act,
        line.object,
        line.result,
        change,
    ]
