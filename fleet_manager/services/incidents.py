"""Acts on incidents: clear."""

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.database import incidents
from fleet_manager.database.incidents import Incident, IncidentCount
from fleet_manager.errors import CentreError
from fleet_manager.services.act import performed

MOST_NAMED = 50
"""So many incidents are named in the audit line, however many are cleared at once."""


def clear(
    centre: Centre, who: Actor, kind: Incident | None, gate: str | None, reason: str
) -> list[IncidentCount]:
    """Clear the open incidents of a kind and a gate, None for any, and return them.

    They are counted on: one that happens again is open again. Raises CentreError if none is open.
    """
    words = [kind.value if kind else "all", f"at {gate}" if gate else ""]
    with performed(centre, who, Act.INCIDENT_CLEAR, f"incidents {' '.join(words)}".strip()) as deed:
        cleared = incidents.clear(deed.connection, kind, gate)
        if not cleared:
            raise CentreError(
                "cannot clear an incident: none of that kind and gate is open",
                "see `fleet-manager incidents`",
            )
        named = [f"{one.kind.value} {one.gate} {one.detail}".strip() for one in cleared]
        deed.after = {"count": len(cleared), "cleared": named[:MOST_NAMED]}
        deed.reason = reason
    return cleared
