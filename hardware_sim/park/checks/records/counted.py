"""Every record is counted on the park day and in the hour in which it happened, at its gate and
station; first entries and overrides are what the records say. Added up here without the centre's
calendar, tally or names of reasons."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select

from fleet_manager.database import tables, tables_passages
from fleet_manager.passages import counts
from fleet_manager.passages.boot_clocks import Basis
from fleet_manager.passages.counts import GroupBy, Totals
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind, decode
from gate_agent.validator.reasons import Reason

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

WHOLE_MS = 2
"""Clocks count whole milliseconds, each from a moment of its own."""
NOT_NEWER_MS = 100
"""A state that proves nothing new is no evidence, though it came faster than others."""
_BY = (GroupBy.DAY, GroupBy.HOUR, GroupBy.STATION, GroupBy.GATE)
_BY_PASSBACK = (Reason.PASSBACK.value, Reason.INSIDE.value)
_REASONS = {reason.value: reason.key for reason in Reason}
Sums = dict[tuple[str, ...], Counter[str]]


class StoredRecord(NamedTuple):
    """A record at the centre, and the time and day at which the centre has it. `basis`: by which
    evidence, None for a trusted clock."""

    gate: str
    passage: Passage
    wall_ms: int
    day: int
    basis: int | None


def check(park: "Park") -> list[str]:
    """Check the time of every record at the centre by the true time, and every line of the
    counts."""
    with park.centre.store.read() as connection:
        stored = list(stored_records(connection))
        table = counts.count(connection, 1, date.max.toordinal(), _BY)
    lines: Sums = {
        line.keys: line_sums(line.totals)
        for line in table.lines
        if line.keys[-1] not in park.outsiders
    }
    summed = lines_of(park, [row for row in stored if row.gate not in park.disowned])
    for keys in [keys for keys in summed if keys[-1] in park.outsiders]:
        del summed[keys]
    honest = [row for row in stored if row.gate not in park.outsiders]
    violations = [violation for row in honest for violation in _time(park, row)]
    for keys in sorted({*lines, *summed}):
        counted, records = lines.get(keys, Counter()), summed.get(keys, Counter())
        if +counted != +records:
            violations.append(
                f"{' '.join(keys)}: the counts say {json.dumps(counted)}, the records "
                f"{json.dumps(records)}"
            )
    return violations


def stored_records(connection: Connection) -> Iterator[StoredRecord]:
    """Yield every record at the centre."""
    row, untimed, journal = tables.passage.c, tables_passages.untimed.c, tables.journal.c
    query = (
        select(journal.gate, row.record, row.wall_ms, row.day, untimed.basis)
        .join(tables.journal, journal.no == row.journal)
        .outerjoin(
            tables_passages.untimed,
            (untimed.journal == row.journal) & (untimed.seq == row.seq),
        )
        .order_by(row.journal, row.seq)
    )
    for gate, record, wall_ms, day, basis in connection.execute(query):
        yield StoredRecord(gate, decode(record), wall_ms, day, basis)


def _time(park: "Park", row: StoredRecord) -> Iterator[str]:
    """Check that a record with evidence of its time has the true time, and each the day of it."""
    passage = row.passage
    true_ms = park.world.epoch_ms + park.gate(row.gate).boots[passage.boot] + passage.mono_ms
    has_evidence = row.basis is None or row.basis >= Basis.STATE
    if has_evidence and abs(row.wall_ms - true_ms) > WHOLE_MS:
        late_ms = row.wall_ms - true_ms
        yield f"{row.gate}: record {passage.seq} is dated {late_ms:.0f} ms from when it happened"
    began_ms = park.centre.states.began_ms.get((row.gate, passage.boot))
    if row.basis == Basis.HEARD and began_ms is not None:
        late_ms = row.wall_ms - (began_ms + passage.mono_ms)
        if not -WHOLE_MS <= late_ms <= NOT_NEWER_MS:
            text = f"is dated {late_ms} ms from what the fastest state of its boot says"
            yield f"{row.gate}: record {passage.seq} {text}"
    if row.day != park.day.day_hour(row.wall_ms)[0]:
        yield f"{row.gate}: record {passage.seq} stands on another day than its time"
    if (row.basis is None) != (passage.clock is ClockState.TRUSTED):
        yield f"{row.gate}: record {passage.seq} is timed as if its clock were another"


def lines_of(park: "Park", stored: list[StoredRecord]) -> Sums:
    """Return what the counts should say by day, hour, station and gate."""
    sums: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    entries: defaultdict[tuple[bytes, int], list[tuple[StoredRecord, tuple[str, ...]]]]
    entries = defaultdict(list)
    for row in stored:
        day, hour = park.day.day_hour(row.wall_ms)
        at = date.fromordinal(day).isoformat(), f"{hour:02}"
        keys: tuple[str, ...] = (*at, park.stations[row.gate], row.gate)
        sums[keys].update(_of_record(row.passage))
        if row.passage.kind is PassageKind.TAKEN and row.passage.direction is Direction.IN:
            if row.passage.ticket is None:
                sums[keys]["first"] += row.passage.persons
            else:
                entries[row.passage.ticket, day].append((row, keys))
    for rows in entries.values():
        left = max(row.passage.admits for row, _ in rows)
        for row, keys in sorted(rows, key=lambda pair: _order(pair[0])):
            first = min(left, row.passage.persons)
            sums[keys]["first"] += first
            left -= first
    return sums


def _order(row: StoredRecord) -> tuple[int, str, int]:
    return row.wall_ms, row.gate, row.passage.seq


def _of_record(row: Passage) -> dict[str, int]:
    match row.kind:
        case PassageKind.TAKEN if row.direction is Direction.IN:
            # Who overrode what is in the detail; anti-passback is overlooked without anybody.
            by_staff = bool(row.detail) and row.reason not in _BY_PASSBACK
            return {"entries": row.persons, "overridden": row.persons if by_staff else 0}
        case PassageKind.TAKEN:
            return {"exits": row.persons}
        case PassageKind.NOT_TAKEN | PassageKind.UNRESOLVED:
            return {row.kind.key: row.persons}
        case PassageKind.FORCED | PassageKind.FREE:
            return {row.kind.key: 1}
        case PassageKind.DENIED:
            return {_REASONS.get(row.reason, ""): 1}
        case _:
            return {}


def line_sums(totals: Totals) -> Counter[str]:
    """Return the sums of a line of the counts, by name."""
    return Counter(
        entries=totals.entries,
        first=totals.first_entries,
        exits=totals.exits,
        not_taken=totals.not_taken,
        unresolved=totals.unresolved,
        forced=totals.forced,
        free=totals.free,
        overridden=totals.overridden,
        **totals.denied,
    )
