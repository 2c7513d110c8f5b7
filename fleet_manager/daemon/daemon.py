"""Run the centre's daemon: one bounded queue between the network and one worker.

The worker takes messages from the queue, lets the collector store them in one transaction, and
publishes the answers after the commit. A full queue drops and counts messages: gates send them
again. No message ends the worker: whatever the collector raises is logged, and counted for the
gate.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from fleet_manager.config import BrokerFiles
from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.fair_queue import FairQueue
from fleet_manager.daemon.limited_log import LimitedLog
from fleet_manager.daemon.mqtt import BrokerLink
from fleet_manager.daemon.packets import Packet, sender_of
from fleet_manager.errors import CentreConfigError
from fleet_manager.incident import Incident, Sighting

_LOG = logging.getLogger(__name__)
REFRESH_SECONDS = 0.25
LOST_EVERY_SECONDS = 1.0
"""How often lost messages are counted in the database: a flood must not cost a commit each."""


def wall_ms() -> int:
    """Return the computer's clock, UTC ms since 1970."""
    return time.time_ns() // 1_000_000


class Service:
    """The daemon; it runs until `stop` is called. `now_ms`: the wall clock. `renew`: makes a
    collector with keys read anew, when another key set was published."""

    def __init__(
        self,
        collector: Collector,
        broker: BrokerFiles,
        park: str,
        now_ms: Callable[[], int] = wall_ms,
        renew: Callable[[], Collector] | None = None,
    ) -> None:
        self._collector = collector
        self._renew = renew
        self._now_ms = now_ms
        self._queue = FairQueue()
        self._log = LimitedLog(_LOG)
        self._came_up = threading.Event()
        self._stopping = threading.Event()
        self.link = BrokerLink(broker, park, self.put, self._came_up.set)

    def put(self, topic: str, payload: bytes) -> None:
        """Queue a message that has arrived. Never blocks."""
        self._queue.put((topic, payload))

    def stop(self) -> None:
        """End `run` soon. It may be called from a signal handler or another thread."""
        self._stopping.set()

    def run(self) -> None:
        """Serve until `stop`. Raises CentreConfigError if the broker's settings cannot be used."""
        self._refresh()
        self.link.start()
        try:
            due = lost_due = time.monotonic() + REFRESH_SECONDS
            while not self._stopping.is_set():
                packets = self._queue.take(max(0.0, due - time.monotonic()))
                if packets:
                    self.link.send(self._process(packets))
                if time.monotonic() >= lost_due:
                    lost_due = time.monotonic() + LOST_EVERY_SECONDS
                    self._record_lost()
                if time.monotonic() >= due:
                    due = time.monotonic() + REFRESH_SECONDS
                    self.link.send(self._refresh())
                if self._came_up.is_set():
                    self._came_up.clear()
                    self.link.send(self._refresh(connected=True))
        finally:
            self.link.stop()

    def _process(self, packets: Sequence[Packet]) -> list[Packet]:
        """Store messages and return the answers.

        What cannot be stored is not acknowledged, so the gate sends it again. A message that always
        fails must not hold up the others, so it is looked for by halves. Where the database is in
        no state to store anything there is nothing to look for.
        """
        try:
            return self._collector.process(packets, 0, self._now_ms())
        except Exception as error:  # noqa: BLE001 - no message may end the worker
            if _is_of_the_database(error):
                self._complain("database", f"cannot store {len(packets)} messages", error)
                return []
            if len(packets) == 1:
                self._fail(packets[0], error)
                return []
        half = len(packets) // 2
        return self._process(packets[:half]) + self._process(packets[half:])

    def _fail(self, packet: Packet, error: Exception) -> None:
        """Log and count one message that cannot be stored."""
        topic, _payload = packet
        what = f"cannot store a message of {sender_of(topic) or 'nobody'}"
        self._complain("message", what, error)
        self._count(lambda: self._collector.record_failure(topic, error, self._now_ms()))

    def _complain(self, kind: str, what: str, error: Exception) -> bool:
        """Log an error, unless one like it was logged within the last minute; with a traceback if
        it is our program's. Return whether it was logged."""
        ours = error if not isinstance(error, SQLAlchemyError | CentreConfigError) else None
        return self._log.warn(f"{kind} {_name(error)}", f"{what}: {error}", error=ours)

    def _count(self, record: Callable[[], None]) -> None:
        """Count incidents; where the database refuses even that, they are in the log alone."""
        try:
            record()
        except Exception as error:  # noqa: BLE001 - no message may end the worker
            self._complain("incident", "cannot count an incident", error)

    def _record_lost(self) -> None:
        lost = self._queue.take_lost()
        if lost:
            self._count(lambda: self._collector.record_lost(lost, self._now_ms()))

    def _poll(self, connected: bool) -> list[Packet]:
        poll = self._collector.announce_all if connected else self._collector.refresh
        return poll(self._now_ms())

    def _refresh(self, *, connected: bool = False) -> list[Packet]:
        """Return what is new to gates; with `connected`, what is newest for each of them."""
        try:
            packets = self._poll(connected)
            if self._collector.outdated and self._renew is not None:
                self._collector = self._renew()
                packets = self._poll(connected)
            return packets
        except CentreConfigError as error:
            self._complain("keys", "cannot use the new key set", error)
        except Exception as error:  # noqa: BLE001 - nothing that gates have sent may end the worker
            logged = self._complain("tasks", "cannot look for changed tickets", error)
            if logged and not _is_of_the_database(error):
                sighting = Sighting(Incident.FAILED, "", f"looking for changes: {_name(error)}")
                self._count(lambda: self._collector.record(Counter([sighting]), self._now_ms()))
        if connected:
            self._came_up.set()  # try again: nothing else announces all to the gates
        return []


def _is_of_the_database(error: Exception) -> bool:
    """Return whether an error is about the state of the database, such as a full disk or a lost
    server, and not about what was to be stored."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OperationalError)


def _name(error: Exception) -> str:
    return type(error).__name__
