"""Nothing is heard of a board that is out of use."""

from typing import TYPE_CHECKING

from hardware_sim.park.attackers import RETIRED_GATE, RETIRED_RECORDS

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_STORED = """SELECT count(*) FROM passage JOIN journal ON journal.no = passage.journal
    WHERE journal.gate = ?"""


def check(park: "Park") -> list[str]:
    """Check that no record is from after it was retired."""
    [(stored,)] = park.centre.read(_STORED, RETIRED_GATE)
    if stored <= RETIRED_RECORDS:
        return []
    return [f"{RETIRED_GATE}: {stored} records are stored of {RETIRED_RECORDS}"]
