"""Time on a board without a clock chip: what the system says, and how far it can be believed."""

import time
from collections.abc import Callable
from pathlib import Path

from gate_agent.validator.moment import ClockState, Moment

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CHECK_EVERY_MS = 1000


def boot_number() -> int:
    """32 bits of the kernel's own id of this boot."""
    return int(_BOOT_ID.read_text().replace("-", "")[:8], 16)


def read_system() -> tuple[int, int]:
    """(wall, since boot) in ms, from the kernel; the second one counts sleep as well."""
    return time.time_ns() // 1_000_000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class SystemClock:
    """`trust_host`: believe the wall clock always; else only once systemd-timesyncd has set it.

    `bound_ms`: an instant known to have passed, from the journal. It advances with the boot time.
    `read` and `synchronised` are where the time comes from.
    """

    def __init__(
        self,
        boot: int,
        *,
        trust_host: bool,
        bound_ms: int,
        read: Callable[[], tuple[int, int]] = read_system,
        synchronised: Callable[[], bool] = SYNCHRONISED.exists,
    ) -> None:
        self._boot = boot
        self._read = read
        self._synchronised = synchronised
        self._trusted = trust_host
        self._always = trust_host
        self._checked_ms: int | None = None
        self._bound_ms = bound_ms
        self._bound_mono_ms = read()[1]

    def now(self) -> Moment:
        """The present moment; asks at most once a second whether the clock was set."""
        wall_ms, mono_ms = self._read()
        if not self._always and (
            self._checked_ms is None or mono_ms - self._checked_ms >= _CHECK_EVERY_MS
        ):
            self._checked_ms = mono_ms
            self._trusted = self._synchronised()
        if self._trusted:
            return Moment(wall_ms, mono_ms, self._boot, ClockState.TRUSTED, wall_ms)
        if self._bound_ms == 0:
            return Moment(wall_ms, mono_ms, self._boot, ClockState.UNKNOWN, 0)
        bound_ms = self._bound_ms + mono_ms - self._bound_mono_ms
        return Moment(max(wall_ms, bound_ms), mono_ms, self._boot, ClockState.BOUNDED, bound_ms)

    def learn(self, passed_ms: int) -> None:
        """`passed_ms` has surely passed: the bound rises to it, never falls."""
        mono_ms = self._read()[1]
        reached = self._bound_ms + mono_ms - self._bound_mono_ms if self._bound_ms else 0
        self._bound_ms, self._bound_mono_ms = max(reached, passed_ms), mono_ms
