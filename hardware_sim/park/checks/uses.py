"""What a ticket has used: no journal lets one in more often than its admissions, and the table
that decides is the sum of the records."""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from gate_agent.journal.history_table import from_row
from gate_agent.validator.history import NEVER_SEEN, History, fold
from gate_agent.validator.moment import park_day
from gate_agent.validator.passage import Direction, Passage, PassageKind, decode
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryRule

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def check(park: "Park") -> list[str]:
    """Per card: taken <= admissions for tickets that enter once; uses = fold of the records, and
    its entries those that are counted here without that fold; open grants are those without an
    end."""
    found: list[str] = []
    for gate in park.gates:
        for card in gate.cards:
            if card.execute("SELECT 1 FROM sqlite_master WHERE name = 'uses'").fetchone() is None:
                continue
            rows = [
                decode(record)
                for (record,) in card.execute("SELECT record FROM passages ORDER BY seq")
            ]
            histories = _fold(rows, park)
            kept = {row[0]: from_row(row[1:]) for row in card.execute("SELECT * FROM uses")}
            if kept != histories:
                found.append(f"{gate.name}: the table of uses is not the sum of the records")
            used = _used(rows)
            if {ticket: one.entered for ticket, one in kept.items() if one.entered} != used:
                found.append(f"{gate.name}: the table of uses has other entries than the records")
            kept_open = card.execute("SELECT seq, persons FROM open_grants").fetchall()
            found += _open_grants(gate.name, kept_open, rows)
            if card is gate.disk.db and kept_open:
                found.append(f"{gate.name}: grants {dict(kept_open)} never ended")
            for ticket_id, persons in used.items():
                ticket = park.tickets.get(int.from_bytes(ticket_id[4:], "big"))
                if ticket is None or ticket.entry_policy.rule is EntryRule.DAILY:
                    continue
                most = ticket.admits * (ticket.entry_policy.entries or 1)
                if persons > most:
                    found.append(f"{gate.name}: ticket {ticket.serial} let in {persons} of {most}")
    return found


def _used(rows: list[Passage]) -> Counter[bytes]:
    """Sum the persons that a ticket let in, or may have: counted here once more, without the gate's
    own fold."""
    used: Counter[bytes] = Counter()
    for row in rows:
        entry = row.direction is Direction.IN and row.kind in (
            PassageKind.TAKEN,
            PassageKind.UNRESOLVED,
        )
        if row.ticket is not None and entry:
            used[row.ticket] += row.persons
    return used


def _fold(rows: list[Passage], park: "Park") -> dict[bytes, History]:
    histories: defaultdict[bytes, History] = defaultdict(lambda: NEVER_SEEN)
    for row in rows:
        if row.ticket is not None and row.kind is not PassageKind.DENIED:
            day = park_day(row.wall_ms, park.zone)
            histories[row.ticket] = fold(histories[row.ticket], row, day)
    return dict(histories)


def _open_grants(gate: str, kept: list[tuple[int, int]], rows: list[Passage]) -> list[str]:
    left: dict[int, int] = {}
    found = []
    for row in rows:
        if row.kind is PassageKind.GRANTED:
            left[row.seq] = row.persons
        elif row.grant is not None:
            left[row.grant] = left.get(row.grant, 0) - row.persons
            if left[row.grant] < 0:
                found.append(f"{gate}: grant {row.grant} ended for more persons than it was for")
    still = {seq: persons for seq, persons in left.items() if persons > 0}
    if still != dict(kept):
        found.append(f"{gate}: open grants {dict(kept)}, by the records {still}")
    # Staff may close an exit; a ticket that somebody signed never does.
    shut = (0, Reason.CLOSED.value, Reason.BUSY.value)
    if any(
        row.direction is Direction.OUT and row.ticket and row.reason not in shut for row in rows
    ):
        found.append(f"{gate}: somebody was refused at an exit")
    return found
