"""How a gate is, in findings that say what is wrong and how bad that is, the worst first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from fleet_manager.gates.gates import EnrolledGate
from gate_agent.validator.moment import ClockState
from gate_agent.validator.trust.rule_book import Freshness

SILENT_MS = 3 * 60_000
"""A gate says each minute how it is: after so long without a word it is silent."""
LONG_SILENT_MS = 60 * 60_000
MANY_WAITING = 100
_STOPS = frozenset({"arm", "release", "journal", "identity", "new journal", "scanner", "camera"})
"""Faults of devices without which visitors do not get in, or are not recorded."""


class Concern(IntEnum):
    """How bad a finding is."""

    WELL = 0
    OFF = 1
    WATCH = 2
    BAD = 3

    @property
    def key(self) -> str:
        """Return the name that pages use: `watch`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """`code`: what is so, such as `silent`. `device`, `text`: of a fault, as the gate words it."""

    code: str
    concern: Concern
    values: Mapping[str, object] = field(default_factory=dict)
    device: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the centre knows besides the gate's own report. `newest`: version of each list.
    `two_boards`: two boards speak for it. `drifts`: it runs another release than is wished.
    `incidents`: how many are open."""

    newest: Mapping[str, int]
    now_ms: int
    two_boards: bool = False
    drifts: bool = False
    incidents: int = 0


@dataclass(frozen=True, slots=True)
class GateHealth:
    """A gate and its findings, the worst first; none of them means that all is well."""

    gate: EnrolledGate
    findings: tuple[Finding, ...]

    @property
    def concern(self) -> Concern:
        """Return how bad the worst finding is."""
        return self.findings[0].concern if self.findings else Concern.WELL


def examine(gate: EnrolledGate, state: Mapping[str, Any], situation: Situation) -> GateHealth:
    """Return the health of a gate. `state`: its last report, {} for none."""
    found = [
        *_of_contact(gate, situation),
        *_of_identity(gate, situation),
        *_of_lists(gate, state, situation),
        *_of_devices(state),
    ]
    return GateHealth(gate, tuple(sorted(found, key=lambda one: -one.concern)))


def worst_first(gates: list[GateHealth]) -> list[GateHealth]:
    """Return gates in the order in which somebody should look at them."""
    return sorted(gates, key=lambda one: (-one.concern, -len(one.findings), one.gate.id))


def _of_contact(gate: EnrolledGate, situation: Situation) -> list[Finding]:
    if gate.seen_ms is None:
        return [Finding("never_seen", Concern.OFF)]
    age_ms = situation.now_ms - gate.seen_ms
    if age_ms > SILENT_MS:
        concern = Concern.BAD if age_ms > LONG_SILENT_MS else Concern.WATCH
        return [Finding("silent", concern, {"minutes": age_ms // 60_000})]
    return []


def _of_identity(gate: EnrolledGate, situation: Situation) -> list[Finding]:
    found = []
    if situation.two_boards:
        found.append(Finding("two_boards", Concern.BAD))
    if gate.disowned_ms is not None:
        found.append(Finding("disowned", Concern.BAD))
    if gate.config_drifts:
        found.append(Finding("config_drifts", Concern.WATCH))
    if situation.drifts:
        found.append(Finding("release_drifts", Concern.WATCH))
    if situation.incidents:
        found.append(Finding("incidents", Concern.WATCH, {"count": situation.incidents}))
    return found


def _of_lists(gate: EnrolledGate, state: Mapping[str, Any], situation: Situation) -> list[Finding]:
    if not state:
        return []
    found = []
    behind = [
        series for series, version in situation.newest.items()
        if gate.lists.get(series, 0) < version - 1
    ]  # fmt: skip
    if behind:
        found.append(Finding("lists_behind", Concern.WATCH, {"lists": ", ".join(sorted(behind))}))
    if state.get("freshness") == Freshness.TOO_OLD:
        found.append(Finding("list_too_old", Concern.BAD))
    if state.get("clock") != ClockState.TRUSTED:
        found.append(Finding("clock", Concern.WATCH))
    if gate.waiting > MANY_WAITING:
        found.append(Finding("waiting", Concern.WATCH, {"count": gate.waiting}))
    return found


def _of_devices(state: Mapping[str, Any]) -> list[Finding]:
    found = []
    for fault in state.get("faults", ()):
        device, _, text = str(fault).partition(": ")
        kind = device.rstrip("0123456789 ")
        concern = Concern.BAD if kind in _STOPS else Concern.WATCH
        found.append(Finding("fault", concern, {}, kind, text or str(fault)))
    lanes = [number for number, mode, _ in state.get("lanes", ()) if mode != "controlled"]
    if lanes:
        words = ", ".join(f"{number}: {mode}" for number, mode, _ in state["lanes"])
        found.append(Finding("mode", Concern.WATCH, {"lanes": words}))
    return found
