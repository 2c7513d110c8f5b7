"""Waiting for what a live park should come to, and comparing its books."""

import time
from collections.abc import Callable
from functools import partial

from gate_agent.validator.passage import Passage, PassageKind
from gate_agent.validator.reasons import Reason
from hardware_sim.demo.site import DemoGate, DemoSite
from hardware_sim.demo.tally import TallyLine, of_centre, of_journal

LOOK_S = 0.05
DRAIN_S = 300.0
AGREE_S = 120.0


class Failed(Exception):
    """What was expected did not come, or the books do not agree. One line."""


def hold(holds: Callable[[], object], patience_s: float, failure: str) -> float:
    """Wait until `holds` and return the seconds that took. Raises Failed."""
    start_s = time.monotonic()
    while not holds():
        if time.monotonic() - start_s > patience_s:
            raise Failed(f"{failure} within {patience_s:g} s")
        time.sleep(LOOK_S)
    return time.monotonic() - start_s


def names(row: Passage) -> set[str]:
    """Return what a script may call a record: its kind, and the reason of a refusal."""
    if row.kind is PassageKind.DENIED:
        return {row.kind.key, Reason(row.reason).key}
    return {row.kind.key}


def agree(site: DemoSite) -> str:
    """Wait until nothing is under way, and journals and centre say the same. Raises Failed.

    A gate is also settled before it has heard that the centre was put back; so the books are
    compared until they agree.
    """
    for gate in site.gates.values():
        hold(
            partial(_settled, gate),
            DRAIN_S,
            f"{gate.plan.name} still has records to send",
        )
    start_s = time.monotonic()
    while quarrels := _quarrels(site):
        if time.monotonic() - start_s > AGREE_S:
            raise Failed("; ".join(quarrels))
        time.sleep(LOOK_S)
    return "journals and centre agree"


def _quarrels(site: DemoSite) -> list[str]:
    """Return where journals and centre differ."""
    by_gate = {line["gate"]: line for line in site.counts()["lines"]}
    quarrels: list[str] = []
    for name, gate in site.gates.items():
        journal = of_journal(gate.rows_after(0))
        centre = of_centre(by_gate[name]) if name in by_gate else of_journal([])
        quarrels += TallyLine(name, journal, None, 0, journal, centre).quarrels()
    return quarrels


def _settled(gate: DemoGate) -> bool:
    status, rows = gate.status(), gate.rows_after(0)
    head = rows[-1].seq if rows else 0
    return bool(status.get("head") == head and status.get("waiting") == 0)
