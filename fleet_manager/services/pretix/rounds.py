"""Sync with every connected pretix, again and again: what passes is said once, and nobody waits for
another's fault."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.centre import Centre
from fleet_manager.database.engine import first_line
from fleet_manager.errors import CentreError
from fleet_manager.pretix import sources
from fleet_manager.pretix.server import PretixError
from fleet_manager.pretix.sources import PretixSource
from fleet_manager.services.pretix import push
from fleet_manager.services.pretix.pull import Pulled, pull
from fleet_manager.services.pretix.push import Pushed

LOCK = "pretix-sync.lock"
MAX_PAUSE_S = 3600.0
"""However long a pretix asks not to be asked."""
NO_SOURCE = "no pretix is connected: connect one with `fleet-manager pretix connect`"
_EVERYBODY = ""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the one lock of a data folder under which a sync runs; the system lets go of it when the
    process ends, however. Raises CentreError if another sync has it."""
    try:
        file = _opened(folder / LOCK)
    except OSError as error:
        raise CentreError(f"cannot open {folder / LOCK}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 20).decode("ascii", "replace").strip()
            raise CentreError(
                f"cannot sync: another `pretix sync` runs for {folder} (process {holder or '?'})",
                "it takes in everything; stop it to run one by hand",
            ) from None
        with suppress(OSError):  # who holds it is for people; the lock is the system's
            os.ftruncate(file, 0)
            os.pwrite(file, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(file)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except PermissionError:  # made by root: it may be locked without being written
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What one round did with one pretix. `fault`: why it did not come to its end, empty if it
    did. `hint`: what to do about it. `retry_s`: not to be asked for so long."""

    series: str
    pulled: Pulled | None = None
    pushed: Pushed | None = None
    fault: str = ""
    hint: str = ""
    retry_s: float = 0.0


def sync(centre: Centre, source: PretixSource) -> SyncResult:
    """Take in what one pretix has sold, then report who came in."""
    try:
        event = sources.event_of(source, centre.config.keys)
        with centre.store.read() as connection:
            upto = push.horizon(connection)
        pulled = pull(centre.store, source, event, centre.clock())
        pushed = push.push(centre.store, source, event, upto, centre.clock())
    except (CentreError, SQLAlchemyError, OSError) as error:
        return _failed(source.series, error)
    return SyncResult(source.series, pulled, pushed, pushed.stopped)


def _failed(series: str, error: Exception) -> SyncResult:
    if isinstance(error, SQLAlchemyError):
        hint = "another command may be writing for long; nothing is lost, the next sync goes on"
        return SyncResult(series, fault=f"cannot use the database: {first_line(error)}", hint=hint)
    retry_s = error.retry_s if isinstance(error, PretixError) else 0.0
    hint = error.hint if isinstance(error, CentreError) else ""
    return SyncResult(series, fault=str(error), hint=hint, retry_s=retry_s)


class Rounds:
    """Rounds over all connected events, or over one. `show` gets every result that says something
    new: what went well, a fault that was not there before, a fault that is over."""

    def __init__(
        self,
        centre: Centre,
        series: str | None,
        show: Callable[[SyncResult], None],
        *,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raise CentreError for a series that no pretix sells: that does not pass."""
        self._centre = centre
        self._series = series
        self._show = show
        self._clock_s = clock_s
        self._faults: dict[str, str] = {}
        self._not_before_s: dict[str, float] = {}
        if series:
            self._sources()

    def run(self) -> bool:
        """Synchronize once with every source that is due now; return whether all went well.

        A source is due again `retry_s` after its last round, at most MAX_PAUSE_S.
        """
        try:
            due = self._sources()
        except (CentreError, SQLAlchemyError, OSError) as error:
            self._report(_failed(_EVERYBODY, error))
            return False
        self._report(SyncResult(_EVERYBODY, fault="" if due else NO_SOURCE))
        # Who did not answer the last time holds up nobody else now.
        due.sort(key=lambda source: source.series in self._faults)
        for source in due:
            if self._clock_s() >= self._not_before_s.get(source.series, 0.0):
                result = sync(self._centre, source)
                pause_s = min(result.retry_s, MAX_PAUSE_S)
                self._not_before_s[source.series] = self._clock_s() + pause_s
                self._report(result)
        return not any(fault != NO_SOURCE for fault in self._faults.values())

    def _sources(self) -> list[PretixSource]:
        with self._centre.store.read() as connection:
            if self._series:
                return [sources.find(connection, self._series)]
            return sources.every(connection)

    def _report(self, result: SyncResult) -> None:
        before = self._faults.pop(result.series, "")
        if result.fault:
            self._faults[result.series] = result.fault
        if result.fault != before or (result.series and not result.fault):
            self._show(result)
