"""Two queues in front of the actor: the board's own devices, and strangers' messages.

Devices put at the speed of people and arms. Nothing of theirs is dropped but what a visitor can
show again, and they come first. Messages come at the speed of whoever has the broker: a few wait
here, and then the thread that receives them waits, so that TCP holds the broker back.
"""

import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Semaphore
from typing import Generic, TypeVar

from gate_agent.events import DocumentShown, Event, LinkDown, LinkUp, Received, Scanned, Typed
from gate_agent.health import Health

MOST_MESSAGES = 32
MOST_SHOWN = 64
"""A reader sends 5 codes a second at most (`scanners/flow`), and after 2 s they are stale."""

MOST_DEVICE_EVENTS_IN_A_ROW = 20
"""While a card is so slow that devices never stop waiting, one message in so many events keeps the
link alive."""

STALE_MS = 2000

_Item = TypeVar("_Item")


def is_stale(event: Event, waited_ms: int) -> bool:
    """Return whether a visitor has shown this so long ago as to have left, or to show it again: on
    a worn card each write takes seconds, and an arm must not open for nobody."""
    return waited_ms > STALE_MS and is_shown(event)


def is_shown(event: Event) -> bool:
    """Return whether an event is something that a visitor shows, and can show again."""
    return isinstance(event, Scanned | DocumentShown | Typed)


def is_message(event: Event) -> bool:
    """Return whether an event comes from the network. The link's own ups and downs keep their place
    among its messages."""
    return isinstance(event, Received | LinkUp | LinkDown)


class TwoQueues(Generic[_Item]):
    """PURE. The order in which events are handled, for one thread: those of devices first, one
    message after 20 of them; each kind in the order of its arrival."""

    def __init__(self) -> None:
        self._devices: deque[_Item] = deque()
        self._messages: deque[_Item] = deque()
        self._in_a_row = 0

    def __len__(self) -> int:
        return len(self._devices) + len(self._messages)

    def push(self, event: Event, item: _Item) -> None:
        """Add `item`, which stands for `event`."""
        (self._messages if is_message(event) else self._devices).append(item)

    def pop(self) -> _Item:
        """Remove the next item and return it. Raises IndexError if there is none."""
        messages_turn = self._in_a_row >= MOST_DEVICE_EVENTS_IN_A_ROW and self._messages
        if self._devices and not messages_turn:
            self._in_a_row += 1
            return self._devices.popleft()
        self._in_a_row = 0
        return self._messages.popleft()


class Inbox:
    """Where the threads of devices and of the link put events, and the actor gets them.
    `waited_ms`: how long the event that `get` returned last had been here."""

    def __init__(self, health: Health, read_s: Callable[[], float] = time.monotonic) -> None:
        # Python runs a signal's handler between two steps of `get`: only SimpleQueue lets it put.
        self._arrivals: SimpleQueue[tuple[float, Event]] = SimpleQueue()
        self._waiting: TwoQueues[tuple[float, Event]] = TwoQueues()
        self._room_for_messages = Semaphore(MOST_MESSAGES)
        self._room_for_shown = Semaphore(MOST_SHOWN)
        self._health = health
        self._read_s = read_s
        self._closed = False
        self.waited_ms = 0

    def put(self, event: Event) -> None:
        """Queue what a device says; never block. Drop and count a code, a document or a typed
        number if 64 wait: its visitor shows it again. Nothing else is dropped."""
        if is_shown(event) and not self._room_for_shown.acquire(blocking=False):
            self._health.discard("event dropped", f"{MOST_SHOWN} codes wait for the gate")
            return
        self._arrivals.put((self._read_s(), event))

    def put_message(self, event: Event) -> None:
        """Queue what the link says; wait while 32 messages do, unless the inbox is closed."""
        self._room_for_messages.acquire()
        if self._closed:
            self._room_for_messages.release()
            return
        self._arrivals.put((self._read_s(), event))

    def close(self) -> None:
        """Let no thread wait any more: messages are dropped from now on. The gate ends."""
        self._closed = True
        self._room_for_messages.release()

    @property
    def waiting(self) -> bool:
        """Whether more events wait."""
        return bool(self._waiting) or not self._arrivals.empty()

    def get(self, timeout_s: float) -> Event | None:
        """Return the next event, None when none came within `timeout_s`."""
        while not self._arrivals.empty():
            self._sort(self._arrivals.get())
        if not self._waiting:
            try:
                self._sort(self._arrivals.get(timeout=timeout_s))
            except Empty:
                return None
        put_s, event = self._waiting.pop()
        if is_message(event):
            self._room_for_messages.release()
        elif is_shown(event):
            self._room_for_shown.release()
        self.waited_ms = round((self._read_s() - put_s) * 1000)
        return event

    def _sort(self, arrival: tuple[float, Event]) -> None:
        self._waiting.push(arrival[1], arrival)
