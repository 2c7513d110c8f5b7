"""Acts on incidents: clear."""

from collections.abc import Sequence

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.database import incidents
from fleet_manager.database.incidents import IncidentCount
from fleet_manager.errors import CentreError
from fleet_manager.services.act import performed

MOST_NAMED = 50
"""So many incidents are named in the audit line, however many are cleared at once."""


def clear(centre: Centre, who: Actor, seen: Sequence[IncidentCount], reason: str) -> None:
    """Clear incidents as somebody has seen them; what has happened since stays open.

    They are counted on: one that happens again is open again. Raises CentreError for none.
    """
    kinds = ", ".join(sorted({incident.kind.value for incident in seen}))
    with performed(centre, who, Act.INCIDENT_CLEAR, f"incidents {kinds}".rstrip()) as deed:
        if not seen:
            raise CentreError(
                "cannot clear an incident: none of that kind and gate is open",
                "see `fleet-manager incidents`",
            )
        incidents.clear(deed.connection, seen)
        named = [f"{one.kind.value} {one.gate} {one.words}".strip() for one in seen]
        deed.after = {"count": len(seen), "cleared": named[:MOST_NAMED]}
        deed.reason = reason
