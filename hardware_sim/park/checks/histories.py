"""What a gate knows of a ticket is what happened: on its own card, by what the other gates of its
station report, in the order in which the centre has numbered it, and in both together; and the
centre knows it by the time, in whichever order records arrived."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fleet_manager.passages import usage
from gate_agent.journal.history_table import from_row
from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.validator.history import NEVER_SEEN, History, merged
from gate_agent.validator.messages.notes import IN, News
from gate_agent.validator.passage import Direction, Passage, PassageKind, decode
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.oracle.presence import Move, Presence, by_time, in_order, together

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_IN = (PassageKind.TAKEN, PassageKind.UNRESOLVED)
_RECORDS = """SELECT news.station, journal.gate, passage.record FROM news
    JOIN journal ON journal.no = news.journal
    JOIN passage ON passage.journal = news.journal
        AND passage.seq BETWEEN news.first_seq AND news.last_seq
    ORDER BY news.first, passage.seq"""
_STORED = """SELECT passage.ticket, passage.wall_ms, passage.day, passage.record FROM passage
    WHERE passage.ticket IS NOT NULL AND passage.kind IN (3, 8, 10)"""
_FORGIVEN = "SELECT ticket, at_ms, persons FROM forgiven"


class _Report(NamedTuple):
    """A movement that is news at a station."""

    station: str
    gate: str
    ticket: bytes
    move: Move


def check(park: "Park") -> list[str]:
    """Check every card, what every gate knows together with the others, and the centre. A centre
    that was put back numbers its news anew."""
    if park.plan.restore:
        return []
    reports = list(_reports(park))
    spoilt = park.used_up | park.claimed | park.invented
    return [
        *(
            wrong
            for station in dict.fromkeys(park.stations.values())
            for wrong in _station(park, station, reports, spoilt)
        ),
        *(wrong for gate in park.gates for wrong in _gate(park, gate, reports, spoilt)),
        *_centre(park, spoilt),
    ]


def _move(park: "Park", row: Passage, wall_ms: int) -> Move | None:
    out = row.direction is Direction.OUT
    if row.kind is PassageKind.TAKEN or (row.kind in _IN and not out):
        return Move(wall_ms, park.day.day_hour(wall_ms)[0], row.persons, out)
    return None


def _reports(park: "Park") -> Iterator[_Report]:
    """Yield the movements that are news, in the order of their numbers."""
    for station, gate, record in park.centre.read(_RECORDS):
        row = decode(bytes(record))
        move = _move(park, row, row.wall_ms)
        if move is not None and row.ticket is not None:
            yield _Report(station, gate, row.ticket, move)


def _station(
    park: "Park", station: str, reports: list[_Report], spoilt: set[bytes]
) -> Iterator[str]:
    """Check what a new board of a station would be told."""
    at_station = [report for report in reports if report.station == station]
    remote, moves = _told(park, at_station), _by_ticket(at_station)
    for ticket in sorted(set(moves) - spoilt):
        knows, due = _presence(remote.history(ticket)), by_time(moves[ticket])
        if knows != due:
            yield f"{station}: of ticket {_serial(ticket)} gates report {knows}, it was {due}"


def _gate(park: "Park", gate: SimGate, reports: list[_Report], spoilt: set[bytes]) -> Iterator[str]:
    """Check what a gate's card says, and what it knows with what the others have reported."""
    station = park.stations[gate.name]
    heard = [report for report in reports if report.station == station and report.gate != gate.name]
    remote, others = _told(park, heard), _by_ticket(heard)
    own, table = _own(park, gate)
    for ticket in sorted({*own, *others} - spoilt):
        here, card = in_order(own[ticket]), table.get(ticket, NEVER_SEEN)
        if _presence(card) != here:
            text = f"of ticket {_serial(ticket)} its card says {_presence(card)}, it was {here}"
            yield f"{gate.name}: {text}"
            continue
        knows = _presence(merged(card, remote.history(ticket)))
        due = together(here, by_time(others[ticket]))
        if knows != due:
            yield f"{gate.name}: of ticket {_serial(ticket)} it knows {knows}, it was {due}"


def _by_ticket(reports: list[_Report]) -> defaultdict[bytes, list[Move]]:
    moves: defaultdict[bytes, list[Move]] = defaultdict(list)
    for report in reports:
        moves[report.ticket].append(report.move)
    return moves


def _serial(ticket: bytes) -> int:
    return int.from_bytes(ticket[4:], "big")


def _told(park: "Park", heard: list[_Report]) -> RemoteHistory:
    """Tell a new board everything that was reported."""
    remote = RemoteHistory(sqlite3.connect(":memory:", isolation_level=None), park.zone)
    entries = tuple(
        (report.ticket, IN + report.move.out, report.move.persons, report.move.wall_ms)
        for report in heard
    )
    remote.take(News(nonce=0, after=0, upto=len(entries), head=len(entries), entries=entries))
    return remote


def _own(
    park: "Park", gate: SimGate
) -> tuple[defaultdict[bytes, list[Move]], dict[bytes, History]]:
    """Return the movements on the card in use, by ticket, and its table of uses."""
    own: defaultdict[bytes, list[Move]] = defaultdict(list)
    for row in park.by_card(gate)[-1]:
        move = _move(park, row, row.wall_ms)
        if move is not None and row.ticket is not None:
            own[row.ticket].append(move)
    rows = gate.disk.db.execute("SELECT * FROM uses")
    return own, {row[0]: from_row(row[1:]) for row in rows}


def _presence(history: History) -> Presence:
    return Presence(
        entered=history.entered,
        day=history.day,
        today=history.entered_today,
        inside=history.inside,
        last_in_ms=history.last_in_ms,
        last_out_ms=history.last_out_ms,
        left_since=history.exited_since,
    )


def _centre(park: "Park", spoilt: set[bytes]) -> Iterator[str]:
    """Check what the centre knows of tickets with several movements: an answer to a claim is by
    that."""
    moves: defaultdict[bytes, list[Move]] = defaultdict(list)
    for ticket, wall_ms, _day, record in park.centre.read(_STORED):
        move = _move(park, decode(bytes(record)), wall_ms)
        if move is not None:
            moves[bytes(ticket)].append(move)
    for ticket, at_ms, persons in park.centre.read(_FORGIVEN):
        moves[bytes(ticket)].append(Move(at_ms, 0, persons, out=True))
    with park.centre.store.read() as connection:
        for ticket in sorted(set(moves) - spoilt):
            of_ticket = moves[ticket]
            if len({move.wall_ms for move in of_ticket}) < max(2, len(of_ticket)):
                continue  # nobody knows which of two at once was first
            knows, due = _presence(usage.history_of(connection, ticket)), by_time(of_ticket)
            if knows != due:
                yield f"the centre knows of ticket {_serial(ticket)} {knows}, it was {due}"
