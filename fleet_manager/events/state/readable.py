"""Readable state of the park and its gates for signs and smart houses: small JSON, nothing of a
visitor, each with the version of its form. Derived from what gates have signed.
"""

import json
from typing import Any

from sqlalchemy import Connection

from fleet_manager import limits
from fleet_manager.events.state.topics import ReadableState
from fleet_manager.gates import gates
from fleet_manager.gates.gates import EnrolledGate
from fleet_manager.gates.health import SILENT_MS
from fleet_manager.park_time import Calendar
from fleet_manager.passages import occupancy
from gate_agent.validator.moment import ClockState, day_text, utc_text

VERSION = 1
_CLOCKS = {int(state): state.name.lower() for state in ClockState}


def read(connection: Connection, calendar: Calendar, now_ms: int) -> ReadableState:
    """Return the state of the park and of each gate."""
    every = gates.every(connection, retired=True)
    in_use = [gate for gate in every if gate.retired_ms is None]
    states = {gate.id: _gate(gate, now_ms) for gate in in_use}
    now = occupancy.read(connection, calendar.day(now_ms))
    park = {
        "v": VERSION,
        "day": day_text(now.day),
        "inside": now.inside,
        "entries_today": now.entries,
        "limit_at_once": now.limits.at_once or None,
        "limit_in_a_day": now.limits.in_a_day or None,
        "level_at_once": limits.level_of(now.inside, now.limits.at_once).value,
        "level_in_a_day": limits.level_of(now.entries, now.limits.in_a_day).value,
        "stations": dict(sorted(now.stations.items())),
        "gates": len(in_use),
        "gates_offline": sum(not state["online"] for state in states.values()),
    }
    return ReadableState(
        park,
        states,
        {gate.id: gate.label or gate.id for gate in in_use},
        tuple(gate.id for gate in every if gate.retired_ms is not None),
    )


def _gate(gate: EnrolledGate, now_ms: int) -> dict[str, Any]:
    """Return the state of a gate as it last reported it; `seen` is how old that is."""
    state = json.loads(gate.state) if gate.state else {}
    seen_ms = gate.seen_ms
    return {
        "v": VERSION,
        "station": gate.station,
        "online": seen_ms is not None and now_ms - seen_ms <= SILENT_MS,
        "seen": None if seen_ms is None else utc_text(seen_ms),
        "software": gate.software or None,
        "clock": _CLOCKS.get(state.get("clock", -1)),
        "waiting": state.get("waiting"),
        "lists": {
            str(series): {"version": version, "as_of": utc_text(as_of_ms)}
            for series, version, as_of_ms in state.get("lists", [])
        },
        "lanes": [{"lane": number, "mode": mode} for number, mode, _ in state.get("lanes", [])],
        "faults": list(state.get("faults", [])),
    }
