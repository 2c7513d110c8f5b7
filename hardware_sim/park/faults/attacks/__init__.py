"""Attackers: who has the broker may send any bytes on any topic, and again whatever was sent there;
who has stolen a board has a gate's key, and says what it likes. Drawn from the seed as the other
faults are, with random numbers of their own."""

FLOOD, JUNK, INSIDER, REPLAY = "flood", "junk", "insider", "replay"
EVERY = (FLOOD, JUNK, INSIDER, REPLAY)
ON = frozenset(EVERY)
"""Who comes to a park with faults unless others are named."""
