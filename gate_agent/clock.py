"""Time on a board without a clock chip: what the system says, and how far it can be believed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from gate_agent.time_bound import SLACK_MS, TimeBound
from gate_agent.validator.moment import ClockState, Moment, utc_text

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
LONGEST_ABSENCE_MS = 400 * 86_400_000
"""A clock that is so far ahead of the last list or beacon is wrong, whoever has set it."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CHECK_EVERY_MS = 1000


def boot_number() -> int:
    """Return 32 bits of the kernel's own id of this boot."""
    return int(_BOOT_ID.read_text().replace("-", "")[:8], 16)


def read_system() -> tuple[int, int]:
    """Return (wall, since boot) in ms, from the kernel; the second counts sleep as well."""
    return time.time_ns() // 1_000_000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class TimeSource(NamedTuple):
    """Where a board's time comes from. `read` gives wall and boot time in ms; `synchronised` says
    whether a time service has set the wall clock."""

    read: Callable[[], tuple[int, int]] = read_system
    synchronised: Callable[[], bool] = SYNCHRONISED.exists


SYSTEM = TimeSource()


class SystemClock:
    """`trust_host`: believe the wall clock always; else only while systemd-timesyncd has set it
    and nothing contradicts it.

    `bound`: what earlier boots knew. `source`: where the time comes from.

    As long as the wall clock is not believed, the guess goes on with the boot time from where it
    was: somebody who sets the clock in the middle of the day changes neither the day of a daily
    ticket nor anybody's anti-passback.
    """

    def __init__(
        self,
        boot: int,
        *,
        trust_host: bool,
        bound: TimeBound,
        source: TimeSource = SYSTEM,
    ) -> None:
        self._boot = boot
        self._read, self._synchronised = source
        self._trusted = trust_host
        self._always = trust_host
        self._checked_ms: int | None = None
        self._ahead = False
        self._last: tuple[tuple[int, int], Moment] | None = None
        self.doubt = ""
        wall_ms, mono_ms = self._read()
        self._bound = TimeBound(bound.signed_ms, bound.hearsay_ms, mono_ms)
        self._offset_ms = wall_ms - mono_ms

    @property
    def bound(self) -> TimeBound:
        """What has surely passed, for the next boot."""
        return self._bound.at(self._read()[1])

    def now(self) -> Moment:
        """Return the present moment; check at most once a second whether the clock is believed."""
        reading = self._read()
        if self._last is None or self._last[0] != reading:
            self._last = reading, self._moment(*reading)
        return self._last[1]

    def _moment(self, wall_ms: int, mono_ms: int) -> Moment:
        if self._checked_ms is None or mono_ms - self._checked_ms >= _CHECK_EVERY_MS:
            self._checked_ms = mono_ms
            self._check(wall_ms, mono_ms)
        elif self._trusted and not self._always and self._stepped(wall_ms, mono_ms):
            self._check(wall_ms, mono_ms)
        if self._trusted:
            return Moment(wall_ms, mono_ms, self._boot, ClockState.TRUSTED, wall_ms)
        guess_ms, bound = max(0, self._offset_ms + mono_ms), self._bound.at(mono_ms)
        if bound.bound_ms == 0:
            return Moment(guess_ms, mono_ms, self._boot, ClockState.UNKNOWN, 0)
        if bound.signed_ms and guess_ms > bound.signed_ms + LONGEST_ABSENCE_MS:
            guess_ms = 0
        wall_ms = max(guess_ms, bound.bound_ms)
        return Moment(wall_ms, mono_ms, self._boot, ClockState.BOUNDED, bound.bound_ms)

    def _stepped(self, wall_ms: int, mono_ms: int) -> bool:
        return abs(wall_ms - mono_ms - self._offset_ms) > SLACK_MS

    def _check(self, wall_ms: int, mono_ms: int) -> None:
        synchronised = self._always or self._synchronised()
        bound = self._bound.at(mono_ms)
        self.doubt = "" if self._always or not synchronised else self._contradiction(wall_ms, bound)
        self._trusted = synchronised and not self.doubt
        if self._trusted:
            self._bound = bound.host(wall_ms)
            self._offset_ms = wall_ms - mono_ms

    def _contradiction(self, wall_ms: int, bound: TimeBound) -> str:
        """Return why a clock that is said to be synchronised is not believed; empty if it is."""
        if wall_ms < bound.bound_ms - SLACK_MS:
            return f"it says {utc_text(max(0, wall_ms))}; {utc_text(bound.bound_ms)} has passed"
        if bound.signed_ms and wall_ms > bound.signed_ms + LONGEST_ABSENCE_MS:
            return f"it is more than a year ahead of {utc_text(bound.signed_ms)}, the last list"
        return "it is ahead of the centre's clock" if self._ahead else ""

    def raise_lower_bound(self, passed_ms: int) -> None:
        """Take it that `passed_ms` has surely passed: a list was true then."""
        self._set_bound(self._bound.signed(passed_ms, self._read()[1]))

    def take_beacon_time(self, time_ms: int) -> None:
        """Take the centre's time from a beacon that is newer than all before."""
        wall_ms, mono_ms = self._read()
        live = time_ms >= self._bound.at(mono_ms).signed_ms - SLACK_MS
        self._set_bound(self._bound.beacon(time_ms, mono_ms))
        if not live:
            return  # it is from before this boot, and somebody sends it again
        self._ahead = wall_ms > self._bound.signed_ms + SLACK_MS
        self._checked_ms = None
        if abs(self._offset_ms + mono_ms - self._bound.signed_ms) > SLACK_MS:
            self._offset_ms = self._bound.signed_ms - mono_ms

    def reset_lower_bound(self, passed_ms: int) -> None:
        """Forget everything but that `passed_ms` has passed: the key whose signatures moved the
        bound is not trusted any more."""
        self._set_bound(TimeBound(passed_ms, 0, self._read()[1]))
        self._checked_ms = None

    def take_issue_time(self, issued_ms: int, ticket: bytes) -> None:
        """Take the issue time of a ticket whose signature holds, and that no list can know yet."""
        self._set_bound(self._bound.issued(issued_ms, ticket, self._read()[1]))

    def _set_bound(self, bound: TimeBound) -> None:
        self._bound, self._last = bound, None
