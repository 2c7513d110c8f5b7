"""Attackers: who has the broker may send any bytes on any topic, and again whatever was sent there;
who has stolen a board has a gate's key, and says what it likes. Drawn from the seed as the other
faults are, with random numbers of their own."""
