"""A gate that lies is named, names nobody else, and cannot fill the log."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleet_manager.database.incidents import MAX_DETAILS
from fleet_manager.incident import Incident
from fleet_manager.passages.journals import MOST_A_DAY

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

MOST_OF_A_KIND = MAX_DETAILS + 1
MANY_LIES = 3
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
    return [*violations, *_liars(park)]


def _liars(park: "Park") -> Iterator[str]:
    """Check that what is disowned counts nowhere; that who lies much is named, and has begun no
    more journals than it may."""
    for gate in park.disowned:
        counting = "SELECT total(events) FROM tally WHERE gate = ? AND kind >= 0"
        if park.centre.read(counting, gate)[0][0]:
            yield f"{gate} is disowned, and still counts"
    for gate, lies in park.lies.items():
        (journals,) = park.centre.read("SELECT count(*) FROM journal WHERE gate = ?", gate)[0]
        if journals > MOST_A_DAY:
            yield f"{gate} has begun {journals} journals in a day"
        named = park.centre.read("SELECT count(*) FROM incident WHERE gate = ?", gate)[0][0]
        if lies > MANY_LIES and not named and not park.plan.restore:
            yield f"{gate} has told {lies} lies that can be proven, and no incident names it"
