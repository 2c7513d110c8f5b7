"""Find what has happened since the events before: records, incidents, levels, days that are over.

The tables are the truth, and the table `announced` says up to where events tell it. So nobody who
stores a passage waits for a webhook, and what happened while nothing ran is told afterwards.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from fleet_manager.access import audit
from fleet_manager.database import incidents, store, tables, tables_events
from fleet_manager.events import outbox, passage_events, webhooks
from fleet_manager.events.event_types import EventType
from fleet_manager.gates import gates
from fleet_manager.park_time import Calendar
from fleet_manager.passages import counts, occupancy
from fleet_manager.terminal.record_lines import Shown
from gate_agent.validator.moment import day_text, utc_text

CLOSE_AFTER_MS = 5 * 60_000
"""A day is closed so long after midnight: gates that are linked have sent its last records."""
MOST_DAYS = 31
"""So many days are closed at once after a long silence; older ones are not told."""
MOST_SILENT = 100
_TABLE = tables_events.announced
_ROW = _TABLE.c
_JOURNAL, _INCIDENT, _LEVEL, _DAY = "journal", "incident", "level", "day"
Key = tuple[str, str]
"""Topic and name in `announced`."""


class TwoDetectors(Exception):
    """Another process has told the same in this moment: this transaction must be undone."""


@dataclass(slots=True)
class Detected:
    """Events to store, and the values of `announced` that stand for them, with those before."""

    events: list[tuple[EventType, Mapping[str, Any]]] = field(default_factory=list)
    values: dict[Key, tuple[int | None, int]] = field(default_factory=dict)

    def note(self, key: Key, before: int | None, value: int) -> None:
        """Remember that `key` has another value now."""
        if before != value:
            self.values[key] = (before, value)


class Detector:
    """Looks for what has happened. Used by one thread."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar

    def detect(self, connection: Connection, shown: Shown, now_ms: int) -> Detected:
        """Return what has happened since the events before; nothing without a receiver."""
        detected = Detected()
        wanted = webhooks.wanted(connection)
        if not wanted:
            return detected
        before = _announced(connection)
        if EventType.PASSAGES in wanted:
            self._passages(connection, shown, before, detected)
        self._incidents(connection, before, detected)
        self._levels(connection, before, now_ms, detected)
        self._days(connection, before, now_ms, detected)
        detected.events = [event for event in detected.events if event[0] in wanted]
        return detected

    def begin(self, connection: Connection, before: Collection[EventType], now_ms: int) -> None:
        """Let events of types that somebody wants from now on begin now: what has happened until
        now is told to nobody. `before`: the types that receivers have wanted until now. Call it in
        the transaction that changes the receivers."""
        wanted = webhooks.wanted(connection)
        values: dict[Key, int] = {}
        if not before:
            connection.execute(delete(_TABLE))
            opened = incidents.open_now(connection)
            values |= {_incident_key(incident): 1 for incident in opened}
            values[_DAY, ""] = self._last_closed(now_ms)
        if EventType.PASSAGES in wanted and EventType.PASSAGES not in before:
            values |= {(_JOURNAL, str(no)): mark for no, mark in _marks(connection)}
        for key, value in values.items():
            row: dict[str, object] = {"topic": key[0], "name": key[1], "value": value}
            store.put_row(connection, _TABLE, row)

    def _passages(
        self, connection: Connection, shown: Shown, before: dict[Key, int], detected: Detected
    ) -> None:
        for number, mark in _marks(connection):
            key = (_JOURNAL, str(number))
            after = before.get(key, 0)
            if mark <= after:
                continue
            ranges, upto = passage_events.events_of(connection, number, after, mark, shown)
            detected.events += [(EventType.PASSAGES, data) for data in ranges]
            detected.note(key, before.get(key), upto)

    def _incidents(
        self, connection: Connection, before: dict[Key, int], detected: Detected
    ) -> None:
        for incident in incidents.every(connection):
            key = _incident_key(incident)
            was_open, is_open = before.get(key, 0) == 1, incident.is_open
            if was_open == is_open:
                continue
            kind = EventType.INCIDENT_OPENED if is_open else EventType.INCIDENT_CLOSED
            data = {
                "kind": incident.kind.value,
                "gate": incident.gate or None,
                "detail": incident.words,
                "times": incident.times - (incident.cleared if is_open else 0),
                "first": utc_text(incident.first_ms),
                "last": utc_text(incident.last_ms),
            }
            detected.events.append((kind, data))
            detected.note(key, before.get(key), int(is_open))

    def _levels(
        self, connection: Connection, before: dict[Key, int], now_ms: int, detected: Detected
    ) -> None:
        now = occupancy.read(connection, self._calendar.day(now_ms))
        for name, persons, limit in (
            ("at_once", now.inside, now.limits.at_once),
            ("in_a_day", now.entries, now.limits.in_a_day),
        ):
            key = (_LEVEL, name)
            reached = occupancy.level_after(persons, limit, before.get(key, 0))
            if reached == before.get(key, 0):
                continue
            data = {
                "of": name,
                "day": day_text(now.day),
                "persons": persons,
                "limit": limit,
                "level": reached,
                "level_before": before.get(key, 0),
            }
            detected.events.append((EventType.OCCUPANCY, data))
            detected.note(key, before.get(key), reached)

    def _days(
        self, connection: Connection, before: dict[Key, int], now_ms: int, detected: Detected
    ) -> None:
        last = self._last_closed(now_ms)
        told = before.get((_DAY, ""), last)
        for day in range(max(told + 1, last - MOST_DAYS + 1), last + 1):
            detected.events.append((EventType.DAY_CLOSED, self._day(connection, day)))
        if told < last:
            detected.events += self._audit_head(connection)
        detected.note((_DAY, ""), before.get((_DAY, "")), max(told, last))

    def _day(self, connection: Connection, day: int) -> dict[str, Any]:
        """Return the sums of a day, and which gates have not been heard since it was over."""
        total = counts.count(connection, day, day).total
        over_ms = 1000 * self._calendar.start_of_day(day + 1)
        silent = [gate.id for gate in gates.every(connection) if (gate.seen_ms or 0) < over_ms]
        return {
            "day": day_text(day),
            **total.as_dict(),
            "gates_silent_since": silent[:MOST_SILENT],
            "gates_silent": len(silent),
        }

    def _audit_head(self, connection: Connection) -> list[tuple[EventType, dict[str, Any]]]:
        number, digest = audit.newest(connection)
        return [(EventType.AUDIT_HEAD, {"number": number, "hash": digest.hex()})] if number else []

    def _last_closed(self, now_ms: int) -> int:
        return self._calendar.day(now_ms - CLOSE_AFTER_MS) - 1


def save(connection: Connection, detected: Detected, now_ms: int) -> None:
    """Store events and up to where they tell, in one transaction.

    Raises TwoDetectors if another process was quicker: undo the transaction, and detect again.
    """
    for (topic, name), (before, value) in detected.values.items():
        here = _ROW.topic == topic, _ROW.name == name
        if before is None:
            try:
                row = {"topic": topic, "name": name, "value": value}
                connection.execute(insert(_TABLE).values(row))
            except IntegrityError:
                raise TwoDetectors from None
            continue
        changed = update(_TABLE).where(*here, _ROW.value == before).values(value=value)
        if not connection.execute(changed).rowcount:
            raise TwoDetectors
    outbox.append_all(connection, detected.events, now_ms)


def _announced(connection: Connection) -> dict[Key, int]:
    rows = connection.execute(select(_ROW.topic, _ROW.name, _ROW.value))
    return {(topic, name): value for topic, name, value in rows}


def _marks(connection: Connection) -> list[tuple[int, int]]:
    journal = tables.journal.c
    rows = connection.execute(select(journal.no, journal.mark).order_by(journal.no))
    return [(no, mark) for no, mark in rows]


def _incident_key(incident: incidents.IncidentCount) -> Key:
    return _INCIDENT, f"{incident.kind.value} {incident.gate} {incident.detail}"
