"""Run the centre's daemon: one bounded queue between the network and one worker.

The worker takes messages from the queue, lets the collector store them in one transaction, and
publishes the answers after the commit. A full queue drops and counts messages: gates send them
again.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.config import BrokerFiles
from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.mqtt import BrokerLink
from fleet_manager.daemon.packets import Packet
from fleet_manager.errors import CentreConfigError

_LOG = logging.getLogger(__name__)
QUEUE_SIZE = 2000
MAX_TOGETHER = 64
MAX_BYTES_TOGETHER = 64 * 1024
REFRESH_SECONDS = 0.25


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
        self._queue: queue.Queue[Packet] = queue.Queue(QUEUE_SIZE)
        self._dropped = 0
        self._counted = 0
        self._came_up = threading.Event()
        self._stopping = threading.Event()
        self.link = BrokerLink(broker, park, self.put, self._came_up.set)

    def put(self, topic: str, payload: bytes) -> None:
        """Queue a message that has arrived. Never blocks."""
        try:
            self._queue.put_nowait((topic, payload))
        except queue.Full:
            self._dropped += 1

    def stop(self) -> None:
        """End `run` soon. It may be called from a signal handler or another thread."""
        self._stopping.set()

    def run(self) -> None:
        """Serve until `stop`. Raises CentreConfigError if the broker's settings cannot be used."""
        self._refresh()
        self.link.start()
        try:
            due = time.monotonic() + REFRESH_SECONDS
            while not self._stopping.is_set():
                packets = self._receive(due - time.monotonic())
                dropped = self._dropped - self._counted
                if packets or dropped:
                    self._counted += dropped
                    self.link.send(self._process(packets, dropped))
                if time.monotonic() >= due:
                    due = time.monotonic() + REFRESH_SECONDS
                    self.link.send(self._refresh())
                if self._came_up.is_set():
                    self._came_up.clear()
                    self.link.send(self._refresh(connected=True))
        finally:
            self.link.stop()

    def _receive(self, timeout_s: float) -> list[Packet]:
        """Return what has arrived; wait for the first message up to `timeout_s`.

        At most MAX_TOGETHER messages and about MAX_BYTES_TOGETHER bytes: a claim that arrives
        meanwhile waits for their commit.
        """
        packets: list[Packet] = []
        size = 0
        try:
            packets.append(self._queue.get(timeout=max(0.0, timeout_s)))
            while len(packets) < MAX_TOGETHER and size < MAX_BYTES_TOGETHER:
                packets.append(self._queue.get_nowait())
                size += len(packets[-1][1])
        except queue.Empty:
            pass
        return packets

    def _process(self, packets: list[Packet], dropped: int) -> list[Packet]:
        """Store messages and return the answers.

        What the database refuses is not acknowledged, so the gate sends it again. It is tried
        message by message: one that is always refused must not hold up the others.
        """
        try:
            return self._collector.process(packets, dropped, self._now_ms())
        except SQLAlchemyError as error:
            _LOG.error("cannot store %d messages: %s", len(packets), error)
        if len(packets) <= 1:
            return []
        answers: list[Packet] = []
        for packet in packets:
            answers += self._process([packet], 0)
        return answers

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
            _LOG.error("cannot use the new key set: %s", error)
        except SQLAlchemyError as error:
            _LOG.error("cannot look for changed tickets: %s", error)
        if connected:
            self._came_up.set()  # try again: nothing else announces all to the gates
        return []
