"""`records`: what happened at the gates, record by record."""

from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.csv_lines import check_form, csv_options, write_csv
from fleet_manager.terminal.headings import headings, language_option
from fleet_manager.terminal.options import data_option, json_option, now_ms, one_or_more
from fleet_manager.terminal.periods import Period, period_options
from gate_agent.validator.printable import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from fleet_manager.centre import Centre
    from fleet_manager.passages.records import GateRecord, RecordFilter

_KINDS = ("all", "entry", "exit", "override", "taken", "not_taken", "denied", "forced", "free",
          "unresolved", "forgiven", "granted", "mode", "boot")  # fmt: skip


def _read_kinds(context: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
    return one_or_more(*_KINDS)(context, option, value) if value else ()


@click.command()
@click.option("--ticket", "named", help="Serial, printed number or code.")
@click.option("--gate", help="Id of a gate.")
@click.option("--station", help="Id of a station.")
@click.option(
    "--kind",
    "kinds",
    metavar=",".join(_KINDS),
    default="",
    callback=_read_kinds,
    help="What happened. Default: all but granted, mode and boot.",
)
@click.option("--reason", help="Refused, or let in in spite of: used, void, alien …")
@click.option("--staff", help="Who let somebody in, or switched a lane.")
@period_options("today; with --ticket all days")
@click.option("--last", "most", type=click.IntRange(1), help="At most so many, the newest.")
@click.option(
    "--by", type=click.Choice(["staff"]), help="A line for each person who let somebody in."
)
@json_option
@csv_options
@language_option
@data_option
def records(
    data: Path,
    named: str | None,
    gate: str | None,
    station: str | None,
    kinds: tuple[str, ...],
    reason: str | None,
    staff: str | None,
    period: Period,
    most: int | None,
    by: str | None,
    language: str,
    *,
    as_json: bool,
    as_csv: bool,
    bom: bool,
) -> None:
    """List entries, exits and refusals with their reasons, and what staff let in, oldest first.

    Who let how many in against a refusal: --by staff. Times are the park's, in JSON UTC.
    """
    from fleet_manager import centre
    from fleet_manager.passages import records as room

    check_form(as_json=as_json, as_csv=as_csv, bom=bom)
    wanted = _filter(kinds, gate, station, reason, staff, most)
    with centre.opened(data) as park, park.store.read() as connection:
        if named is not None:
            wanted = _of_ticket(park, connection, wanted, named)
        if period.is_named or named is None:
            wanted = replace(wanted, days=period.days(park.calendar, now_ms()))
        passages = room.find(connection, wanted)
        if by is not None:
            _print_sums(park, passages, language, as_json=as_json, as_csv=as_csv, bom=bom)
        else:
            _print(park, connection, passages, language, as_json=as_json, as_csv=as_csv, bom=bom)


def _filter(
    kinds: tuple[str, ...],
    gate: str | None,
    station: str | None,
    reason: str | None,
    staff: str | None,
    most: int | None,
) -> "RecordFilter":
    from fleet_manager.passages.records import OF_VISITORS, RecordFilter
    from fleet_manager.terminal.record_lines import REASONS
    from gate_agent.validator.passage import Direction, PassageKind

    if reason is not None and reason not in REASONS:
        raise click.UsageError(f"{reason!r} is not one of {', '.join(REASONS)}")
    words = set(kinds)
    wanted = {kind for kind in PassageKind if kind.key in words or "all" in words}
    ways = words & {"entry", "exit"}
    taken = None
    if len(ways) == 1 and PassageKind.TAKEN not in wanted:
        taken = Direction.IN if "entry" in ways else Direction.OUT
    if ways:
        wanted.add(PassageKind.TAKEN)
    return RecordFilter(
        kinds=frozenset(wanted) if words else OF_VISITORS,
        overrides="override" in words,
        taken=taken,
        gate=gate,
        station=station,
        reason=reason,
        staff=staff,
        last=most,
    )


def _of_ticket(
    park: "Centre", connection: "Connection", wanted: "RecordFilter", named: str
) -> "RecordFilter":
    """Return the filter for a ticket, a seller's code, or a code that nobody sold."""
    from fleet_manager.explain import explain
    from fleet_manager.passages.records import digest_of
    from fleet_manager.tickets.lookup import cleaned

    explanation = explain(connection, named, park.unlock(), park.calendar, 0, now_ms())
    if explanation.presented is None:
        return replace(wanted, code=digest_of(cleaned(named)))
    return replace(wanted, ticket=explanation.presented.id)


def _print(
    park: "Centre",
    connection: "Connection",
    passages: "Iterator[GateRecord]",
    language: str,
    *,
    as_json: bool,
    as_csv: bool,
    bom: bool,
) -> None:
    from fleet_manager.terminal.record_lines import COLUMNS, Shown, cells, record_table, values

    shown = Shown.of(connection, park.calendar, park.unlock(), language)
    if as_json:
        for record in passages:
            click.echo(json_text(values(record, shown)))
    elif as_csv:
        rows = (cells(record, COLUMNS, shown) for record in passages)
        write_csv(headings(COLUMNS, language), rows, bom=bom)
    else:
        head = next(passages, None)
        if head is None:
            click.echo("no record passes: see `fleet-manager records --help` for other days")
            return
        columns = [name for name in COLUMNS if name not in ("station", "record")]
        click.echo(record_table(chain([head], passages), columns, shown), nl=False)


def _print_sums(
    park: "Centre",
    passages: "Iterator[GateRecord]",
    language: str,
    *,
    as_json: bool,
    as_csv: bool,
    bom: bool,
) -> None:
    from fleet_manager.passages.records import sum_overrides
    from fleet_manager.terminal.text_tables import table
    from gate_agent.validator.moment import utc_text

    sums = sum_overrides(passages)
    if as_json:
        for override in sums:
            times = {"first": utc_text(override.first_ms), "last": utc_text(override.last_ms)}
            line = {
                "by": override.staff,
                "persons": override.persons,
                "times": override.times,
                **times,
            }
            click.echo(json_text(line))
        return
    header = headings(["by", "persons", "times", "first", "last"], language)
    rows = [
        [
            override.staff,
            override.persons,
            override.times,
            *map(park.calendar.text, (override.first_ms, override.last_ms)),
        ]
        for override in sums
    ]
    if as_csv:
        write_csv(header, rows, bom=bom)
    else:
        click.echo(table(header, rows), nl=False)
