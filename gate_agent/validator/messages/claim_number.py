"""PURE. How a claim is numbered: by the record that its lane writes next, and by the lane.

A gate asks for at most one claim a lane at a time, and whatever ends one writes a record; so no
number comes twice in one journal. The centre takes a claim as settled when its record has arrived.
"""

_LANE_BITS = 8


def claim_number(record: int, lane: int) -> int:
    """Return the number of the claim that lane `lane` (1 to 255) sends before record `record`."""
    return record << _LANE_BITS | lane


def lane_of(claim: int) -> int:
    """Return the number of the lane that waits for the claim."""
    return claim & (1 << _LANE_BITS) - 1
