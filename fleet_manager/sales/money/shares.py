"""Shares of merchants: what is earned when a ticket's visitor turns an arm for the first time.

Turns are followed journal by journal, up to the centre's contiguous mark. How many persons of a
ticket have turned at a component is counted anew from the passages each time, so that records that
come late, twice or in another order change nothing in the sum. Inside the caller's transaction.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select, text

from fleet_manager.database import store, tables
from fleet_manager.database.sales.money import earned, share_mark
from fleet_manager.sales.money import ledger, postings
from fleet_manager.sales.money.postings import Event, Share
from fleet_manager.sales.orders import orders
from fleet_manager.sales.orders.orders import OrderLine
from fleet_manager.sales.prices.agreement import Component, Priced
from gate_agent.validator.passage import Direction, PassageKind

MOST_RECORDS = 1_000
"""So many records of a journal are followed in one transaction."""
_ROW, _JOURNAL = tables.passage.c, tables.journal.c
_TURNS = (_ROW.kind == int(PassageKind.TAKEN), _ROW.direction == int(Direction.IN))
_TICKETS = (
    select(_ROW.ticket, func.max(_ROW.wall_ms))
    .where(
        _ROW.journal == bindparam("of"),
        _ROW.seq > bindparam("after"),
        _ROW.seq <= bindparam("upto"),
        _ROW.ticket.is_not(None),
        *_TURNS,
    )
    .group_by(_ROW.ticket)
)
_PERSONS = (
    select(tables.gate.c.station, func.sum(_ROW.persons))
    .join(tables.journal, _JOURNAL.no == _ROW.journal)
    .join(tables.gate, tables.gate.c.id == _JOURNAL.gate)
    .where(_ROW.ticket == bindparam("of"), text(tables.USES_A_TICKET), *_TURNS)
    .group_by(tables.gate.c.station)
)
_EARNED = select(earned.c.persons).where(
    earned.c.serial == bindparam("of"), earned.c.component == bindparam("at")
)


def behind(connection: Connection) -> list[tuple[int, int, int]]:
    """Return (journal, record that was followed last, record to follow up to) of journals with
    records that are not followed yet."""
    query = (
        select(_JOURNAL.no, func.coalesce(share_mark.c.mark, 0), _JOURNAL.mark)
        .join(share_mark, share_mark.c.journal == _JOURNAL.no, isouter=True)
        .where(_JOURNAL.mark > func.coalesce(share_mark.c.mark, 0))
        .order_by(_JOURNAL.no)
    )
    return [
        (number, after, min(mark, after + MOST_RECORDS))
        for number, after, mark in connection.execute(query)
    ]


def follow(connection: Connection, journal: int, after: int, upto: int, event: Event) -> int:
    """Post what the turns among records of a journal earn, and note that they are followed. Return
    how many entries were posted. `event`: when that is done; the day of the turn stays in it."""
    values = {"of": journal, "after": after, "upto": upto}
    posted = sum(
        _earn(connection, bytes(ticket), event)
        for ticket, _ in store.run(connection, _TICKETS, values)
    )
    store.put_row(connection, share_mark, {"journal": journal, "mark": upto})
    return posted


def _earn(connection: Connection, ticket: bytes, event: Event) -> int:
    """Post what a ticket has earned and is not in the ledger yet. Tickets of no order earn
    nothing."""
    serial = int.from_bytes(ticket[4:], "big")
    line = orders.line_of(connection, serial)
    if line is None:
        return 0
    priced = Priced.from_json(line.price)
    at_station: dict[str, int] = dict(store.run(connection, _PERSONS, {"of": ticket}))
    most = line.persons if line.tickets == 1 else 1
    count = 0
    for part, fen in zip(priced.components, shares_of(line, priced, serial), strict=True):
        turned = min(most, _persons(part, at_station))
        rows = store.run(connection, _EARNED, {"of": serial, "at": part.code})
        before = int(rows[0][0]) if rows else 0
        if turned <= before:
            continue
        share = Share(part.merchant, priced.code, _part(fen, most, before, turned))
        entry = postings.first_turn(serial, turned, share, line.order_no, part.code, event)
        if entry is not None:
            count += ledger.post(connection, entry)
        row: dict[str, object] = {"serial": serial, "component": part.code, "persons": turned}
        store.put_row(connection, earned, row)
    return count


def shares_of(line: OrderLine, priced: Priced, serial: int) -> Sequence[int]:
    """Return what each component of a ticket earns when everybody on it has turned there, in fen:
    together what was paid for the ticket."""
    persons = line.persons if line.tickets == 1 else 1
    fixed = [None if part.fen is None else part.fen * persons for part in priced.components]
    rest = line.fen_of(serial) - sum(fen for fen in fixed if fen is not None)
    return [rest if fen is None else fen for fen in fixed]


def _part(fen: int, persons: int, before: int, now: int) -> int:
    """Return the share of persons number `before` + 1 to `now`: parts of all persons add up to
    `fen`, and none is negative."""
    return fen * now // persons - fen * before // persons


def _persons(part: Component, at_station: dict[str, int]) -> int:
    stations = part.stations or tuple(at_station)
    return sum(int(at_station.get(station, 0)) for station in stations)


def unfounded(connection: Connection) -> list[str]:
    """Return what is in the ledger and not in the passages: turns that were disowned since, or that
    nobody recorded. Everything is counted anew from the passages alone."""
    wrong = []
    query = select(earned.c.serial, earned.c.component, earned.c.persons).order_by(earned.c.serial)
    for serial, component, persons in connection.execute(query):
        line = orders.line_of(connection, serial)
        turned = 0
        if line is not None:
            priced = Priced.from_json(line.price)
            key_id = connection.scalar(
                select(tables.ticket.c.key_id).where(tables.ticket.c.serial == serial)
            )
            ticket = bytes(key_id or b"") + serial.to_bytes(4, "big")
            at_station: dict[str, int] = dict(store.run(connection, _PERSONS, {"of": ticket}))
            parts = [part for part in priced.components if part.code == component]
            turned = sum(_persons(part, at_station) for part in parts)
        if turned < persons:
            wrong.append(f"ticket {serial} at {component}: {persons} are paid for, {turned} turned")
    return wrong
