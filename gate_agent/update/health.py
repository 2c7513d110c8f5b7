"""PURE. Whether a release that is on trial is well, judged by one look at a time."""

from collections.abc import Collection
from dataclasses import dataclass

WATCH_S = 300.0
PATIENCE_S = 60.0
"""So long in a row a release may be unwell: daemons start, links come back."""
MOST_RESTARTS = 3
MOST_WATCHES = 4
"""So many boots a trial may take: a release under which the board restarts is left."""
_NO_FAULT_OF_SOFTWARE = frozenset({"beacon", "clock", "update"})


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of the daemon. `fresh`: its status is new. `restarts`: since the switch."""

    fresh: bool
    linked: bool = False
    faults: Collection[str] = ()
    restarts: int = 0


@dataclass(slots=True)
class HealthWatch:
    """Watches a release from `begun_s` on, for `watch_s`. `linked`, `faults`: how the gate was
    before the switch."""

    begun_s: float
    linked: bool
    faults: Collection[str]
    watch_s: float = WATCH_S
    unwell_since_s: float | None = None
    reason: str = ""
    verdict: str = ""
    network_away: bool = False

    def look(self, seen: Look, now_s: float) -> None:
        """Take one look; `verdict` says afterwards why the release has to go, '' for nothing."""
        if seen.restarts >= MOST_RESTARTS:
            self.verdict = f"the daemon was started again {seen.restarts} times"
            return
        self.reason = self._unwell(seen)
        if not self.reason:
            self.unwell_since_s = None
            self.network_away = False
        elif self.unwell_since_s is None:
            self.unwell_since_s = now_s
        elif now_s - self.unwell_since_s >= PATIENCE_S:
            self.verdict = self.reason

    def forgive_link(self) -> None:
        """Take back a verdict on a missing link: the network is away, and that is no fault of the
        release. It has to be seen linked before it is found well."""
        self.verdict, self.unwell_since_s, self.network_away = "", None, True

    def is_well(self, now_s: float) -> bool:
        """Return whether it has been watched for long enough, and is well now."""
        return not self.reason and now_s - self.begun_s >= self.watch_s

    @property
    def misses_link(self) -> bool:
        """Return whether the link is all that is amiss."""
        return self.reason == NOT_LINKED

    def _unwell(self, seen: Look) -> str:
        if not seen.fresh:
            return "the daemon does not run"
        fresh_faults = set(seen.faults) - set(self.faults) - _NO_FAULT_OF_SOFTWARE
        if fresh_faults:
            return f"faults that were not there before: {', '.join(sorted(fresh_faults))}"
        if self.linked and not seen.linked:
            return NOT_LINKED
        return ""


NOT_LINKED = "the gate is not linked any more, although the centre answers"
