"""Acts on the ledger of conflicts: resolve."""

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.services.act import performed
from fleet_manager.station import ledger


def resolve(centre: Centre, who: Actor, serial: int, by: str, reason: str) -> int:
    """Close the open conflicts of a ticket and return how many. Raises CentreError for none."""
    with performed(centre, who, Act.LEDGER_RESOLVE, f"ticket {serial}") as deed:
        closed = ledger.resolve(deed.connection, serial, by, reason, centre.clock())
        deed.after, deed.reason = {"resolved": closed, "by": by}, reason
    return closed
