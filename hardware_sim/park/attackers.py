"""Names of the attackers, and who of them comes to a park with faults unless others are named."""

FLOOD, JUNK, INSIDER, REPLAY = "flood", "junk", "insider", "replay"
EVERY = (FLOOD, JUNK, INSIDER, REPLAY)
ON = frozenset(EVERY)

RETIRED_GATE, RETIRED_RECORDS = "retired", 3
"""A board that is out of use, and how many records it had sent before."""
