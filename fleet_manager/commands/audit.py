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
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@data_option
def verify(data: Path, head: str | None, files: tuple[Path, ...]) -> None:
    """Compute the chain of hashes anew: finds lines that were changed, taken out or cut off.

    FILES: heads that `audit head` wrote, or the daily ones, kept outside of this computer. With
    them, or a hash that it printed before, it also finds a record that was written anew. Exit
    status 1 if something is wrong.
    """
    from fleet_manager import centre
    from fleet_manager.access import audit_head
    from fleet_manager.errors import CentreError
    from fleet_manager.services.people import audit_record

    noted = None if head is None else _hash(head)
    heads = [audit_head.read_head(_bytes_of(file)) for file in files]
    with centre.opened(data) as park:
        outcome = audit_record.verify(park, head=noted, heads=heads)
    if outcome.fault:
        raise CentreError(
            f"the audit is not whole: {outcome.fault}",
            f"{outcome.lines} lines before it are; compare with a backup",
        )
    click.echo(f"{outcome.lines} lines, whole; the hash of the last is {outcome.head.hex()}")


@audit.command("head")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder for the file, such as a stick's; printed if not given.",
)
@data_option
def head(data: Path, out: Path | None) -> None:
    """Write the audit's head, signed: number and hash of its last line.

    Keep it outside of this computer; `audit verify FILE` compares it later. While the centre
    serves, one is written each day into the folder `heads` of section [audit] in centre.toml.
    """
    from fleet_manager import centre
    from fleet_manager.services.people import audit_record

    with centre.opened(data) as park:
        if out is None:
            click.echo(audit_record.signed_head(park).to_json(), nl=False)
        else:
            click.echo(audit_record.write_head(park, out))


def _bytes_of(file: Path) -> bytes:
    from fleet_manager.errors import CentreError

    try:
        return file.read_bytes()
    except OSError as error:
        raise CentreError(f"cannot open {file}: {error.strerror or error}") from None


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
