"""Queue what gates have sent, a line for each: whoever sends a thousand messages waits behind the
first message of everybody else."""

import threading
from collections import Counter, deque

from fleet_manager.daemon.packets import Packet, sender_of

MAX_MESSAGES = 2000
MAX_BYTES = 32 << 20
MAX_OF_ONE = 200
"""Greatest number of messages of one sender that wait."""
MAX_BYTES_OF_ONE = 2 << 20
MAX_TOGETHER = 64
MAX_BYTES_TOGETHER = 64 * 1024
SHARE = 16
"""Greatest number of one sender's messages in a round."""
_MAX_NAMES = 1000
"""Greatest number of senders whose losses are counted apart: anybody may write any topic."""


class FairQueue:
    """Filled by the network's thread, emptied by the worker.

    A sender whose own line is full loses what it sends; everybody does once the whole queue is
    full. Gates send again.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._lines: dict[str, deque[Packet]] = {}
        self._bytes: Counter[str] = Counter()
        self._count = 0
        self._size = 0
        self._lost: Counter[str] = Counter()

    def put(self, packet: Packet) -> None:
        """Queue a message, or count it as lost. Never blocks."""
        sender, size = sender_of(packet[0]), len(packet[1])
        with self._changed:
            if self._count >= MAX_MESSAGES or self._size + size > MAX_BYTES:
                self._lost[""] += 1
                return
            line = self._lines.get(sender)
            if line is not None and (
                len(line) >= MAX_OF_ONE or self._bytes[sender] + size > MAX_BYTES_OF_ONE
            ):
                many = sender not in self._lost and len(self._lost) >= _MAX_NAMES
                self._lost["" if many else sender] += 1
                return
            if line is None:
                line = self._lines[sender] = deque()
            line.append(packet)
            self._bytes[sender] += size
            self._count += 1
            self._size += size
            self._changed.notify()

    def take(self, timeout_s: float) -> list[Packet]:
        """Return the messages of one round; wait for the first up to `timeout_s`.

        A round goes from line to line, one message each time: at most SHARE of one sender,
        MAX_TOGETHER and about MAX_BYTES_TOGETHER bytes in all. A claim that arrives meanwhile
        waits for their commit.
        """
        with self._changed:
            if not self._lines:
                self._changed.wait(timeout_s)
            return self._round()

    def _round(self) -> list[Packet]:
        packets: list[Packet] = []
        size = 0
        taken: Counter[str] = Counter()
        senders = deque(self._lines)
        while senders and len(packets) < MAX_TOGETHER and size < MAX_BYTES_TOGETHER:
            sender = senders.popleft()
            line = self._lines[sender]
            packet = line.popleft()
            packets.append(packet)
            size += len(packet[1])
            self._bytes[sender] -= len(packet[1])
            taken[sender] += 1
            if not line:
                del self._lines[sender], self._bytes[sender]
            elif taken[sender] < SHARE:
                senders.append(sender)
        self._count -= len(packets)
        self._size -= size
        for sender in taken:  # who was not served comes first in the next round
            if sender in self._lines:
                self._lines[sender] = self._lines.pop(sender)
        return packets

    def take_lost(self) -> Counter[str]:
        """Return how many messages were lost since the last call, by sender: those that its own
        line had no room for, and under '' those that the whole queue had none for."""
        with self._changed:
            lost, self._lost = self._lost, Counter()
        return lost
