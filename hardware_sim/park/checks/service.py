"""Nobody with a good ticket is left outside once the faults have stopped."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate_agent.validator.passage import PassageKind

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def check(park: "Park") -> list[str]:
    """Check that no impostor is let in, that every gate runs again, and that every honest visitor
    is through, or a journal says why not."""
    return [*_impostors(park), *_dead(park), *_left_outside(park)]


def _impostors(park: "Park") -> Iterator[str]:
    entered = park.entered()
    for visitor in park.visitors:
        if visitor.impostor and park.tickets[visitor.serial or 0].id in entered:
            yield f"visitor {visitor.number} came in on somebody else's ticket {visitor.serial}"


def _dead(park: "Park") -> Iterator[str]:
    for gate in park.gates:
        if not gate.alive:
            yield f"{gate.name} did not start again"


def _left_outside(park: "Park") -> Iterator[str]:
    excused = _excused(park)
    for visitor in park.visitors:
        if not visitor.honest or visitor.serial is None or visitor.passed >= visitor.persons:
            continue
        if visitor.serial in park.centre.void or park.tickets[visitor.serial].id in excused:
            continue
        reasons = ", ".join(reason.key for reason in visitor.refused) or "no answer"
        yield (
            f"visitor {visitor.number} with good ticket {visitor.serial} passed "
            f"{visitor.passed} of {visitor.persons}: {reasons}"
        )


def _excused(park: "Park") -> set[bytes]:
    """Return the tickets that a grant whose end nobody saw used up, or a gate that lies; and codes
    of other sellers that were taken back."""
    excused = park.used_by_liars.union(*park.centre.sellers.void.values())
    for gate in park.gates:
        excused.update(gate.unfinished)
        for row in park.records(gate):
            if row.kind is PassageKind.UNRESOLVED and row.ticket is not None:
                excused.add(row.ticket)
    return excused
