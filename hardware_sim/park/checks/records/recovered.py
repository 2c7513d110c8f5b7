"""What staff read before they go on after a restore: up to which serial the records at the centre
name tickets of the park's own keys, whichever of them signed."""

from typing import TYPE_CHECKING

from fleet_manager import recovery
from gate_agent.validator.trust.keys import KEY_ID_BYTES

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_SEEN = "SELECT DISTINCT ticket FROM passage WHERE ticket IS NOT NULL AND kind IN (3, 4, 5, 8, 10)"


def check(park: "Park") -> list[str]:
    """Check it by the records, key by key."""
    ceremony = park.centre.ceremony
    ours = ceremony.trusted_keys(ceremony.version)
    tickets = [bytes(ticket) for (ticket,) in park.centre.read(_SEEN)]
    serials = [
        int.from_bytes(ticket[KEY_ID_BYTES:], "big")
        for ticket in tickets
        if ticket[:KEY_ID_BYTES] in ours
    ]
    with park.centre.store.read() as connection:
        gap = recovery.serials(connection)
    highest = max(serials, default=0)
    return [f"gates have seen serial {highest}, staff read {gap.theirs}"] * (gap.theirs != highest)
