"""A tripod arm at a simulated lane: the mechanics, the contacts with their bounce, the debouncing
that the real driver uses."""

import random
from collections.abc import Callable

from gate_agent.deadlines import next_deadline
from gate_agent.drivers.arms.passage_sensor import PassageSensor
from gate_agent.drivers.pins.contacts import Contact
from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted, Recovered, Turned
from gate_agent.ports import Put
from hardware_sim.devices.turnstile import due_ms, step
from hardware_sim.devices.turnstile_state import (
    Cause,
    Happened,
    Mechanics,
    Power,
    Push,
    RelayState,
    Tick,
    Turnstile,
    What,
)
from hardware_sim.park.board.queue import Alarm, Delivery, Done, nobody
from hardware_sim.park.world import World

PULSE_MS = 300.0
FLUTTERS = 0.05
"""Share of passages after which the contact flutters, within FLUTTER_MS of its closing."""
FLUTTER_MS = (30.0, 60.0)
FLUTTER_LASTS_MS = 25.0
_CONTACTS = {
    What.MOVED: ("home", False),
    What.RETURNED: ("home", True),
    What.PASSAGE_OPENED: ("passage", False),
    What.PASSAGE_CLOSED: ("passage", True),
    What.READY_OPENED: ("ready", False),
    What.READY_CLOSED: ("ready", True),
}


class SimArm:
    """Implements `gate_agent.ports.Arm`. `deliver` hands an event to the gate, if it is alive;
    `may_release` is asked before each pulse; `on_happened` is told what the arm does.
    `turns_seen`: passages that the gate has handled; `turns_doubtful`: during which it died;
    `rightful`: handled ones on a pulse that the same process had given. `turned_ms`: when the
    contacts told of each passage, in virtual time."""

    def __init__(
        self,
        world: World,
        lane: int,
        rng: random.Random,
        deliver: Callable[[Event, Done], None],
        may_release: Callable[[int], None],
        bounces: float,
    ) -> None:
        self.state = Turnstile(Mechanics(turn_ms=rng.uniform(600.0, 1500.0)))
        self.turns_seen = 0
        self.turns_doubtful = 0
        self.rightful = 0
        self.turned_ms: list[float] = []
        self.on_happened: Callable[[Happened], None] = lambda _: None
        self.broken = False
        self._world = world
        self._lane = lane
        self._rng = rng
        self._flutters = random.Random(f"{world.seed}/flutter {lane} {rng.random()}")
        self._deliver = deliver
        self._may_release = may_release
        self._bounces = bounces
        self._parts = {name: Contact(True) for name in ("home", "passage", "ready")}
        self._contacts = self._fresh_contacts()
        self._alarm = Alarm(world, self._look)
        self._faulty: str | None = None
        self._pulse = 0
        self._life = 0
        self._released_in: int | None = None
        self._entitled = False

    def start(self, _put: Put) -> None:
        """Start with the gate's process: the driver looks at the contacts as they are."""
        self._life += 1
        self._parts = {
            "home": Contact(self.state.home_closed),
            "passage": Contact(self.state.passage_closed),
            "ready": Contact(self.state.powered),
        }
        self._faulty = None
        self._contacts = self._fresh_contacts()
        self._look_later()

    def _fresh_contacts(self) -> PassageSensor:
        return PassageSensor(
            self._lane,
            self._parts["passage"],
            self._parts["home"],
            self._parts["ready"],
            self._world.now_ms,
        )

    def stop(self) -> None:
        """End with the gate's process: what it held is let go, and whoever passes now passes on no
        pulse of the next process."""
        self._pulse += 1
        self._released_in, self._entitled = None, False
        self._cause(RelayState(closed=False))

    def release(self) -> None:
        """Give one pulse. Raises DriverFault if the relay does not obey."""
        if self.broken:
            raise DriverFault(f"cannot close the relay of arm {self._lane}")
        self._may_release(self._lane)
        self._world.note("release", self._lane)
        self._released_in = self._life
        self._pulse += 1
        pulse = self._pulse
        self._cause(RelayState(closed=True))
        self._world.after(PULSE_MS, lambda: self._end(pulse))

    def _end(self, pulse: int) -> None:
        if pulse == self._pulse:
            self._cause(RelayState(closed=False))

    def push(self, push: Push) -> None:
        """Let a visitor lean on the arm."""
        self._cause(push)

    def power(self, *, on: bool) -> None:
        """Switch the turnstile's own supply. Whose turn ends in the dark is nobody's by right."""
        self._cause(Power(on))
        self._entitled = False

    def _cause(self, cause: Cause) -> None:
        self.state, happened = step(self.state, cause, self._world.now_ms)
        for event in happened:
            self._tell(event)
        due = due_ms(self.state)
        if due is not None:
            self._world.at(due, self._tick)

    def _tick(self) -> None:
        due = due_ms(self.state)
        if due is not None and due <= self._world.now_ms:
            self._cause(Tick())

    def _tell(self, happened: Happened) -> None:
        if happened.what is What.PASSAGE_OPENED:
            self._entitled = self.state.entitled and self._released_in == self._life
            # One pulse is for one person, also where the arm has stored two for the next ones.
            self._released_in = None
        if happened.what in _CONTACTS:
            name, closed = _CONTACTS[happened.what]
            self._edge(self._parts[name], closed)
        if happened.what in (What.TURNED, What.FORCED) and self.state.powered:
            self._flutter()
        self._world.note("arm", self._lane, happened.what.value)
        self.on_happened(happened)

    def _edge(self, contact: Contact, closed: bool) -> None:
        contact.seen(closed, self._world.now_ms)
        if self._rng.random() < self._bounces:
            contact.seen(not closed, self._world.now_ms)
            self._world.after(3.0, lambda: self._settle_later(contact, closed=closed))
        self._look_later()

    def _flutter(self) -> None:
        """Open the passage contact once more, for an instant, when the arm has just come home."""
        if self._flutters.random() < FLUTTERS:
            contact, at_ms = self._parts["passage"], self._flutters.uniform(*FLUTTER_MS)
            self._world.after(at_ms, lambda: self._settle_later(contact, closed=False))
            again_ms = at_ms + FLUTTER_LASTS_MS
            self._world.after(
                again_ms,
                lambda: self._settle_later(contact, closed=self.state.passage_closed),
            )

    def _settle_later(self, contact: Contact, *, closed: bool) -> None:
        contact.seen(closed, self._world.now_ms)
        self._look_later()

    def _look_later(self) -> None:
        due = next_deadline(self._contacts.due_ms, self._contacts.fault(self._world.now_ms)[1])
        if due is not None:
            self._alarm.set(due)

    def _look(self) -> None:
        for event in self._contacts.events(self._world.now_ms):
            if isinstance(event, Turned):
                self.turned_ms.append(self._world.now_ms)
                self._deliver(event, self._turned(self._entitled))
            else:
                self._deliver(event, nobody)
        fault, _ = self._contacts.fault(self._world.now_ms)
        if fault != self._faulty:
            self._faulty = fault
            device = f"arm {self._lane}"
            self._deliver(Recovered(device) if fault is None else Faulted(device, fault), nobody)
        self._look_later()

    def _turned(self, entitled: bool) -> Done:
        def count(delivery: Delivery) -> None:
            self.turns_seen += delivery is Delivery.DONE
            self.rightful += delivery is Delivery.DONE and entitled
            self.turns_doubtful += delivery is Delivery.CUT

        return count
