"""A gate that lies is named, names nobody else, and cannot fill the log."""

from typing import TYPE_CHECKING

from fleet_manager.incident import Incident

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

MOST_OF_A_KIND = 60
_GRAVE = (Incident.FORK, Incident.TAKEN, Incident.SECOND_KEY)


def check(park: "Park") -> list[str]:
    """Check that incidents are of gates that exist, that no honest gate is said to have forked its
    journal or taken another's, and that no gate has more than so many of one kind."""
    violations: list[str] = []
    enrolled = {"", *(name for (name,) in park.centre.read("SELECT id FROM gate"))}
    honest = {gate.name for gate in park.gates}
    rows = park.centre.read("SELECT kind, gate, count(*), max(detail) FROM incident GROUP BY 1, 2")
    for kind, gate, count, detail in rows:
        if gate not in enrolled:
            violations.append(f"{kind} of a gate {gate!r} that is none")
        if kind in _GRAVE and gate in honest and not park.plan.restore:
            violations.append(f"{kind} of {gate}, which is honest: {detail}")
        if kind in _GRAVE and gate == "":
            violations.append(f"{kind} of nobody: {detail}")
        if count > MOST_OF_A_KIND:
            violations.append(f"{count} incidents {kind} of {gate!r}, as {detail}")
    return violations
