"""What a ticket has used: no journal lets one in more often than its admissions, and the table
that decides is the sum of the records."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate_agent.journal.history_table import from_row
from gate_agent.validator.history import NEVER_SEEN, History, fold
from gate_agent.validator.moment import park_day
from gate_agent.validator.passage import Direction, Passage, PassageKind, decode
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryRule
from hardware_sim.park.board.disk import ALL_RECORDS
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_ENTRIES = (PassageKind.TAKEN, PassageKind.UNRESOLVED)
# Staff may close an exit; a ticket that somebody signed never does.
_SHUT = (0, Reason.CLOSED.value, Reason.BUSY.value)


def check(park: "Park") -> list[str]:
    """Check each card that has begun to record: its table of uses, its open grants, what its
    tickets let in, and that nobody was refused at an exit."""
    return [
        violation
        for gate in park.gates
        for card in gate.cards
        if card.execute("SELECT 1 FROM sqlite_master WHERE name = 'uses'").fetchone() is not None
        for violation in _card(park, gate, card)
    ]


def _card(park: "Park", gate: SimGate, card: sqlite3.Connection) -> Iterator[str]:
    rows = [decode(record) for _, record, _ in card.execute(ALL_RECORDS)]
    used = _used(rows)
    yield from _table(park, gate, card, rows, used)
    yield from _open_grants(gate, card, rows)
    yield from _admissions(park, gate, _used([row for row in rows if not row.detail]))
    if any(
        row.direction is Direction.OUT and row.ticket and row.reason not in _SHUT for row in rows
    ):
        yield f"{gate.name}: somebody was refused at an exit"


def _table(
    park: "Park",
    gate: SimGate,
    card: sqlite3.Connection,
    rows: list[Passage],
    used: Counter[bytes],
) -> Iterator[str]:
    """Check that uses are the fold of the records, and their entries those that are counted here
    without that fold."""
    table = {row[0]: from_row(row[1:]) for row in card.execute("SELECT * FROM uses")}
    if table != _fold(rows, park):
        yield f"{gate.name}: the table of uses is not the sum of the records"
    entries = {ticket: history.entered for ticket, history in table.items() if history.entered}
    if entries != used:
        yield f"{gate.name}: the table of uses has other entries than the records"


def _fold(rows: list[Passage], park: "Park") -> dict[bytes, History]:
    histories: defaultdict[bytes, History] = defaultdict(lambda: NEVER_SEEN)
    for row in rows:
        if row.ticket is not None and row.kind is not PassageKind.DENIED:
            day = park_day(row.wall_ms, park.zone)
            histories[row.ticket] = fold(histories[row.ticket], row, day)
    return dict(histories)


def _used(rows: list[Passage]) -> Counter[bytes]:
    """Sum the persons that a ticket let in, or may have: counted here once more, without the
    gate's own fold."""
    used: Counter[bytes] = Counter()
    for row in rows:
        if row.ticket is not None and row.direction is Direction.IN and row.kind in _ENTRIES:
            used[row.ticket] += row.persons
    return used


def _admissions(park: "Park", gate: SimGate, used: Counter[bytes]) -> Iterator[str]:
    """Check that tickets which enter once let in no more persons than they admit, but for those
    whom staff let in."""
    for ticket_id, persons in used.items():
        ticket = park.tickets.get(int.from_bytes(ticket_id[4:], "big"))
        if ticket is None or ticket.entry_policy.rule is EntryRule.DAILY:
            continue
        most = ticket.admits * (ticket.entry_policy.entries or 1)
        most += park.centre.entries_on_top(ticket.serial)
        if persons > most:
            yield f"{gate.name}: ticket {ticket.serial} let in {persons} of {most}"


def _open_grants(gate: SimGate, card: sqlite3.Connection, rows: list[Passage]) -> Iterator[str]:
    """Check that open grants are those without an end, and that the card in use has none."""
    table = dict(card.execute("SELECT seq, persons FROM open_grants").fetchall())
    left: dict[int, int] = {}
    for row in rows:
        if row.kind is PassageKind.GRANTED:
            left[row.seq] = row.persons
        elif row.grant is not None:
            left[row.grant] = left.get(row.grant, 0) - row.persons
            if left[row.grant] < 0:
                yield f"{gate.name}: grant {row.grant} ended for more persons than it was for"
    still_open = {seq: persons for seq, persons in left.items() if persons > 0}
    if still_open != table:
        yield f"{gate.name}: open grants {table}, by the records {still_open}"
    if card is gate.disk.db and table:
        yield f"{gate.name}: grants {table} never ended"
