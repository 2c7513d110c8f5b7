"""The two things in front of a simulated actor: its queue, and its alarm clock."""

from collections.abc import Callable
from enum import Enum

from gate_agent.actor.inbox import TwoQueues, is_message, is_stale
from gate_agent.events import Event, Received
from hardware_sim.park.world import World


class Delivery(Enum):
    """What became of an event: handled; nobody was there; the power failed while it was."""

    DONE = "done"
    DEAD = "dead"
    CUT = "cut"


Done = Callable[[Delivery], None]


def nobody(_delivery: Delivery) -> None:
    """Ignore what became of an event."""


class InboxMeter:
    """Watches what waits in an inbox. `owed`: events of devices of which nothing has become yet.
    `most_messages`: handled while one device's event waited, those in front of it and one under way
    not counted."""

    def __init__(self) -> None:
        self.owed = 0
        self.most_messages = 0
        self._messages = 0

    def queued(self, event: Event, done: Done) -> Done:
        """Return `done` for an event that has to wait, to be told here as well."""
        if is_message(event):

            def message_told(delivery: Delivery) -> None:
                self._messages += 1
                done(delivery)

            return message_told
        allowed = self._messages + self.owed + 1
        self.owed += 1

        def told(delivery: Delivery) -> None:
            self.owed -= 1
            if delivery is Delivery.DONE:
                self.most_messages = max(self.most_messages, self._messages - allowed)
            done(delivery)

        return told


class ActorQueue:
    """The daemon's inbox. `slow_ms`: how long the card takes over one event's write; meanwhile
    others wait. `message_ms`: how long the processor takes over one message, if somebody keeps it
    busy with them. `handle` takes an event, how long it has waited, and how long its write has
    taken, in ms; and whether it is the last that waits, as the daemon's loop does: deadlines are
    looked at when the queue is empty. `watcher` is called after each."""

    def __init__(self, world: World, handle: Callable[[Event, int, float, bool], Delivery]) -> None:
        self.slow_ms = 0.0
        self.message_ms = 0.0
        self.meter = InboxMeter()
        self.watcher: Callable[[], None] = lambda: None
        self._world = world
        self._handle = handle
        self._queue: TwoQueues[tuple[Event, Done, float]] = TwoQueues()
        self._written: tuple[Event, Done, float] | None = None
        self._busy = False
        self._life = 0

    def put(self, event: Event, done: Done) -> None:
        """Queue an event; `done` receives what became of it, now or later."""
        if not self._busy and not self._takes_ms(event):
            done(self._handle(event, 0, 0.0, True))
            self.watcher()
            return
        self._queue.push(event, (event, self.meter.queued(event, done), self._world.now_ms))
        if not self._busy:
            self._begin()

    def _takes_ms(self, event: Event) -> float:
        return max(self.slow_ms, self.message_ms if isinstance(event, Received) else 0.0)

    @property
    def busy(self) -> bool:
        """Whether a write is under way."""
        return self._busy

    def _begin(self) -> None:
        self._busy = bool(self._queue)
        if self._busy:
            life, self._written = self._life, self._queue.pop()
            event, _, put_ms = self._written
            waited_ms = int(self._world.now_ms - put_ms)
            # Nothing is written of what is stale.
            takes_ms = 0.0 if is_stale(event, waited_ms) else self._takes_ms(event)
            self._world.after(takes_ms, lambda: self._end(life, waited_ms, takes_ms))

    def _end(self, life: int, waited_ms: int, took_ms: float) -> None:
        if life == self._life and self._written is not None:
            (event, done, _), self._written = self._written, None
            done(self._handle(event, waited_ms, took_ms, not self._queue))
            self.watcher()
            if life == self._life:
                self._begin()

    def clear(self) -> None:
        """Lose what waited: the process has died."""
        self._life += 1
        self._busy = False
        lost, self._written = [] if self._written is None else [self._written], None
        while self._queue:
            lost.append(self._queue.pop())
        for _event, done, _put_ms in lost:
            done(Delivery.DEAD)


class Alarm:
    """Rings once, at the time that was set last, unless an earlier one is on its way."""

    def __init__(self, world: World, act: Callable[[], None]) -> None:
        self._world = world
        self._act = act
        self._due_ms: float | None = None
        self._number = 0

    def set(self, due_ms: float) -> None:
        """Set the alarm to ring at `due_ms`, or before."""
        if self._due_ms is not None and self._world.now_ms < self._due_ms <= due_ms:
            return
        self._due_ms = due_ms
        self._number += 1
        number = self._number
        self._world.at(due_ms, lambda: self._ring(number))

    def _ring(self, number: int) -> None:
        if number == self._number:
            self._due_ms = None
            self._act()

    def cancel(self) -> None:
        """Cancel the alarm."""
        self._number += 1
        self._due_ms = None
