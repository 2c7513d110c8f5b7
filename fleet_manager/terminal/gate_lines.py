"""What is known of a gate, as a line of a table, as a sheet and as JSON."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from fleet_manager.database import incidents
from fleet_manager.gates import key_renewals
from fleet_manager.gates.gates import EnrolledGate
from fleet_manager.gates.key_renewals import Renewal
from fleet_manager.incident import Incident
from fleet_manager.park_time import Calendar
from fleet_manager.passages.boot_clocks import Boot
from fleet_manager.wording import counted
from gate_agent.validator.moment import ClockState, utc_text
from gate_agent.validator.trust.rule_book import Freshness

HEADER = ("gate", "label", "station", "seen", "key", "lists", "waiting", "lanes", "faults")
_NUMBERED = {
    "clock": {int(state): state.name.lower() for state in ClockState},
    "freshness": {int(state): state.name.lower() for state in Freshness},
}
"""Numbers on the wire that are words to people."""
_PROOF = " (the newest time of the centre that it has sent back)"
TWO_BOARDS_MS = 3_600_000
"""So long after it was last seen, two boards that speak for one gate are shown."""


@dataclass(frozen=True, slots=True)
class GateLine:
    """A gate, how it stands with its key (None once it is refused), and its last state message.
    `two_boards_ms`: when two boards last spoke for it, None if that is long ago or never was."""

    gate: EnrolledGate
    key: Renewal | None
    state: dict[str, Any]
    two_boards_ms: int | None = None


def read(connection: Connection, gate: EnrolledGate, now_ms: int) -> GateLine:
    """Return what is known of a gate."""
    key = key_renewals.every(connection, now_ms).get(gate.id)
    doubled_ms = incidents.last_seen(connection, Incident.TWO_BOARDS).get(gate.id)
    if doubled_ms is not None and now_ms - doubled_ms > TWO_BOARDS_MS:
        doubled_ms = None
    return GateLine(gate, key, json.loads(gate.state) if gate.state else {}, doubled_ms)


def values(line: GateLine) -> dict[str, Any]:
    """Return what is known for programs: times in UTC, the state with words for its numbers."""
    gate = line.gate
    return {
        "gate": gate.id,
        "label": gate.label,
        "station": gate.station,
        "seen": None if gate.seen_ms is None else utc_text(gate.seen_ms),
        "retired": None if gate.retired_ms is None else utc_text(gate.retired_ms),
        "disowned": None if gate.disowned_ms is None else utc_text(gate.disowned_ms),
        "software": gate.software,
        "lists": gate.lists,
        "key_since": None if line.key is None else utc_text(line.key.since_ms),
        "key_renewal": None if line.key is None else line.key.stage,
        "two_boards": None if line.two_boards_ms is None else utc_text(line.two_boards_ms),
        "state": _worded(line.state) or None,
    }


def boot_values(boot: Boot) -> dict[str, Any]:
    """Return a boot without a trusted clock for programs."""
    return {
        "boot": f"{boot.boot:08x}",
        "timed_by": boot.basis.name.lower(),
        "began": utc_text(boot.offset_ms) if boot.offset_ms else None,
        "records": boot.records,
    }


def row(line: GateLine, calendar: Calendar) -> list[object]:
    """Return the cells of HEADER, in park time."""
    gate, state = line.gate, line.state
    return [
        gate.id,
        gate.label,
        gate.station,
        _seen(gate, calendar),
        _key(line, calendar),
        _pairs(gate.lists),
        state.get("waiting", ""),
        _lanes(state),
        "; ".join([*_two_boards(line, calendar), *state.get("faults", [])]),
    ]


def sheet(line: GateLine, boots: Iterable[Boot], calendar: Calendar) -> list[tuple[str, object]]:
    """Return name and value of every fact, in park time."""
    gate = line.gate
    lines: list[tuple[str, object]] = [
        ("gate", f"{gate.id} {gate.label}".rstrip()),
        ("station", gate.station),
        ("seen", _seen(gate, calendar) + (_PROOF if gate.seen_ms is not None else "")),
        ("software", gate.software or "-"),
        ("key", _key(line, calendar) or "none is trusted"),
        ("lists", _pairs(gate.lists) or "-"),
    ]
    lines += [("incident", text) for text in _two_boards(line, calendar)]
    if line.state:
        lines += _state_lines(_worded(line.state), calendar)
    for boot in boots:
        began = calendar.text(boot.offset_ms) if boot.offset_ms else "at an unknown time"
        fact = f"{boot.boot:08x} began {began}, known by {boot.basis.name.lower()}"
        lines.append(("clock of boot", f"{fact}, for {counted(boot.records, 'record')}"))
    return lines


def _two_boards(line: GateLine, calendar: Calendar) -> list[str]:
    if line.two_boards_ms is None:
        return []
    return [f"two boards speak for this gate, last {calendar.text(line.two_boards_ms)}"]


def _state_lines(state: dict[str, Any], calendar: Calendar) -> list[tuple[str, object]]:
    def time(name: str) -> str:
        return calendar.text(state[name]) if state.get(name) else "-"

    return [
        ("lanes", _lanes(state) or "-"),
        ("faults", "; ".join(state.get("faults", [])) or "none"),
        ("waiting", f"{counted(state.get('waiting', 0), 'record')} not arrived then"),
        ("its time", f"{time('wall_ms')}, clock {state.get('clock')}"),
        ("up for", f"{state.get('mono_ms', 0) // 60_000} min, boot {state.get('boot', 0):08x}"),
        ("its lists", f"{state.get('freshness')}, vouched for {time('vouched_ms')}"),
        ("its rules", f"version {state.get('rules_version', 0)}"),
        ("its keys", f"version {state.get('keys_version', 0)}"),
    ]


def _worded(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state with words for the numbers that stand for words."""
    return {
        name: _NUMBERED[name].get(value, value) if name in _NUMBERED else value
        for name, value in state.items()
    }


def _seen(gate: EnrolledGate, calendar: Calendar) -> str:
    seen = "never" if gate.seen_ms is None else calendar.text(gate.seen_ms)
    if gate.retired_ms is not None:
        seen += f", retired {calendar.text(gate.retired_ms)[:10]}"
    elif gate.disowned_ms is not None:
        seen += f", disowned {calendar.text(gate.disowned_ms)[:10]}"
    return seen


def _key(line: GateLine, calendar: Calendar) -> str:
    """Return since when the gate has its key, and what becomes of it."""
    if line.key is None:
        return ""
    return " ".join(filter(None, (calendar.text(line.key.since_ms)[:10], line.key.stage)))


def _lanes(state: dict[str, Any]) -> str:
    return " ".join(f"{number}:{mode}/{phase}" for number, mode, phase in state.get("lanes", []))


def _pairs(value: dict[str, int]) -> str:
    """Return `main:3 otter:1`."""
    return " ".join(f"{name}:{number}" for name, number in value.items())
