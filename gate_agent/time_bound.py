"""PURE. A lower bound of the time, as a board without a clock can know it.

Two kinds of evidence are kept apart, because one of them can be wrong:

- *signed*: what the centre's list key signed (lists, beacons). It never falls.
- *hearsay*: what the host's clock said while it was synchronised, and when tickets were issued.
  It counts as long as no beacon contradicts it: a beacon says what time it is at the centre *now*.

Whoever has a ticket key can post-date tickets. So the issue time of one ticket moves nothing:
it takes WITNESSES different ones, and they move the bound to the earliest of their times, at most
LEAP_MS beyond what is signed, until the next beacon. Two forged tickets push nothing at all, any
number of them pushes a gate that is cut off by a month, and nothing survives the link's return.
"""

from typing import NamedTuple

WITNESSES = 3
LEAP_MS = 31 * 86_400_000
SLACK_MS = 120_000
"""Clocks that differ by less agree: a beacon takes its time, and NTP is not perfect."""


class TimeBound(NamedTuple):
    """`signed_ms`, `hearsay_ms`: instants that had passed at `mono_ms` of this boot, 0 for none.
    `issues`: (issue time in ms, ticket id), the latest first, of different tickets."""

    signed_ms: int = 0
    hearsay_ms: int = 0
    mono_ms: int = 0
    issues: tuple[tuple[int, bytes], ...] = ()

    @property
    def bound_ms(self) -> int:
        """The latest instant that has surely passed at `mono_ms`; 0 for none known."""
        return max(self.signed_ms, self.hearsay_ms)

    def at(self, mono_ms: int) -> "TimeBound":
        """Return the bound later in the same boot: time that this boot has counted has passed."""
        later = max(0, mono_ms - self.mono_ms)
        signed_ms = self.signed_ms and self.signed_ms + later
        hearsay_ms = self.hearsay_ms and self.hearsay_ms + later
        return TimeBound(signed_ms, hearsay_ms, self.mono_ms + later, self.issues)

    def signed(self, passed_ms: int, mono_ms: int) -> "TimeBound":
        """Return the bound after a list that was true at `passed_ms`: long ago, or just now."""
        now = self.at(mono_ms)
        return now._replace(signed_ms=max(now.signed_ms, passed_ms))

    def beacon(self, time_ms: int, mono_ms: int) -> "TimeBound":
        """Return the bound after a beacon that says that it is `time_ms`. Hearsay that is ahead of
        it was wrong, unless the beacon itself comes late."""
        now = self.at(mono_ms)
        live = time_ms >= now.signed_ms - SLACK_MS
        now = now._replace(signed_ms=max(now.signed_ms, time_ms))
        if live and now.hearsay_ms > time_ms + SLACK_MS:
            return now._replace(hearsay_ms=0, issues=())
        return now

    def host(self, wall_ms: int) -> "TimeBound":
        """Return the bound after the host's clock, synchronised and believed, says `wall_ms` at
        `mono_ms`. It also corrects what it said before."""
        return TimeBound(self.signed_ms, wall_ms, self.mono_ms, self.issues)

    def issued(self, issued_ms: int, ticket: bytes, mono_ms: int) -> "TimeBound":
        """Return the bound after a ticket that was issued then; its signature holds, and no list
        can know it yet."""
        now = self.at(mono_ms)
        if issued_ms <= now.bound_ms or not now.signed_ms:
            return self
        others = [row for row in now.issues if row[1] != ticket and row[0] > now.bound_ms]
        issues = sorted([*others, (issued_ms, ticket)], reverse=True)[:WITNESSES]
        now = now._replace(issues=tuple(issues))
        if len(issues) < WITNESSES:
            return now
        passed_ms = min(issues[-1][0], now.signed_ms + LEAP_MS)
        return now._replace(hearsay_ms=max(now.hearsay_ms, passed_ms))
