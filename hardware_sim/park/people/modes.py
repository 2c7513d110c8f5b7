"""Every lane is in the mode of the strongest who asks for one: the fire input, then the key switch,
then staff; and closed if its arm does not work. The record of a mode names who of the staff asked
for it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate_agent.events import Mode, ModeSource
from gate_agent.validator.passage import Passage, PassageKind
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

WHOLE_MS, SLOW_MS = 2, 5000
"""Clocks count whole milliseconds; on a slow card the records of the other lanes come later."""
_STRONGEST_FIRST = (ModeSource.FIRE, ModeSource.KEY_SWITCH, ModeSource.STAFF)


def watch(park: "Park", gate: SimGate) -> None:
    """Check the lanes of a gate after somebody asked it for a mode."""
    if not gate.mode_asked:
        return
    gate.mode_asked = False
    if gate.agent is None or gate.agent.outage.lasts:
        return  # what cannot be recorded is done later
    asked = [gate.asked[source] for source in _STRONGEST_FIRST if source in gate.asked]
    due = asked[0] if asked else Mode.CONTROLLED
    for number, mode, _ in gate.agent.lanes():
        # An arm that does not work closes its lane, unless somebody asks for another mode.
        if mode != due.value and not (due is Mode.CONTROLLED and mode == Mode.CLOSED.value):
            text = f"{gate.name}/{number} is {mode}, it should be {due.value}"
            park.world.violated("modes", text)


def check(park: "Park") -> list[str]:
    """Check the record of every mode."""
    return [
        f"{gate.name}: record {row.seq} {wrong}"
        for gate in park.gates
        for row in park.records(gate)
        if row.kind is PassageKind.MODE
        for wrong in _by(gate, row)
    ]


def _by(gate: SimGate, row: Passage) -> Iterator[str]:
    """Check who set a mode: one of the staff who had asked for it, or a device."""
    asked = [
        (row.mono_ms - mono_ms, who) for boot, mono_ms, who in gate.modes_by if boot == row.boot
    ]
    now = {who for late_ms, who in asked if abs(late_ms) <= WHOLE_MS}
    lately = {who for late_ms, who in asked if -WHOLE_MS <= late_ms <= SLOW_MS}
    name = row.detail.partition(" ")[2]
    if (name and name not in lately) or (not name and now):
        yield f"says that {name or 'nobody'} set the mode, it was {sorted(lately) or 'nobody'}"
