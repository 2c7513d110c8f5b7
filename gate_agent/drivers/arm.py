"""A tripod arm: a relay or a board's protocol releases it, contacts tell what it does.

One thread of its own lets the contacts settle, and says what is broken. The pulse is the relay's
business.
"""

from collections.abc import Mapping
from threading import Condition, Thread
from time import monotonic

from gate_agent.drivers.arm_contacts import STUCK_MS, ArmContacts
from gate_agent.drivers.contact_pins import Contacts, Listener
from gate_agent.drivers.contacts import Contact
from gate_agent.drivers.guard import Watcher
from gate_agent.drivers.pins import pin_errors
from gate_agent.drivers.relay import Relay
from gate_agent.drivers.relay_feedback import RelayFeedback
from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted, Recovered, Turned
from gate_agent.ports import Put
from gate_agent.settings import ArmSettings, Wire

_JOIN_S = 5.0
_WATCHED = ("passage", "home", "ready")


class RelayArm:
    """Implements `gate_agent.ports.Arm`."""

    def __init__(self, lane: int, settings: ArmSettings, relay: Relay, pins: Contacts) -> None:
        self.device = f"arm {lane}"
        self._lane = lane
        self._settings = settings
        self._relay = relay
        self._pins = pins
        self._wake = Condition()
        self._put: Put = _drop
        self._listeners: list[Listener] = []
        self._contacts: ArmContacts | None = None
        self._feedback: RelayFeedback | None = None
        self._lost: str | None = None
        self._told: str | None = None
        self._thread: Thread | None = None
        self._stopping = False

    def start(self, put: Put) -> None:
        """Take the relay, at rest, claim the pins, and watch the contacts."""
        self._put = put
        try:
            self._open()
        except pin_errors() as fault:
            self._close()
            put(Faulted(self.device, f"cannot open {self.device}: {fault}"))
            return
        self._relay.start(
            Watcher(self._relay_moved, self._relay_lost, self._relay_back, self._board_turned)
        )
        self._stopping = False
        self._thread = Thread(target=self._run, name=self.device, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Open the relay and give the pins back."""
        self._relay.stop()
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(_JOIN_S)
            self._thread = None
        self._close()

    def release(self) -> None:
        """One pulse of `pulse_ms`; a second one asked for meanwhile follows after a gap.

        Raises DriverFault if the relay does not obey, or if two pulses are still to come.
        """
        if self._thread is None or not self._thread.is_alive():
            raise DriverFault(
                f"cannot release {self.device}: its pins are not open",
                "see the gate's log for why they could not be opened",
            )
        try:
            self._relay.pulse(self._settings.pulse_ms)
        except DriverFault as fault:
            raise DriverFault(f"{self.device}: {fault}", fault.hint()) from fault

    # --- told by the relay ---------------------------------------------------------------------

    def _relay_moved(self, on: bool) -> None:
        with self._wake:
            if self._feedback is not None:
                self._feedback.told(on, monotonic() * 1000)
                self._wake.notify()

    def _relay_lost(self, why: str) -> None:
        with self._wake:
            self._lost = why
            self._tell(why)  # at once: it may be back before this arm's thread has its turn
            self._wake.notify()

    def _relay_back(self) -> None:
        with self._wake:
            self._lost = None
            self._wake.notify()

    def _board_turned(self) -> None:
        """A contact of our own is believed before a board's counter."""
        if "passage" not in self._settings.wires:
            self._put(Turned(self._lane))

    # --- the contacts --------------------------------------------------------------------------

    def _open(self) -> None:
        wires = self._settings.wires
        contacts = {role: self._contact(wires[role]) for role in _WATCHED if role in wires}
        if "feedback" in wires:
            closed = self._watch(wires["feedback"], self._fed_back, rest=False)
            self._feedback = RelayFeedback(closed)
        self._contacts = _judge_of(self._lane, contacts, self._settings.release_ms)

    def _contact(self, wire: Wire) -> Contact:
        contacts: list[Contact] = []

        def edge(closed: bool) -> None:
            with self._wake:
                contacts[0].seen(closed, monotonic() * 1000)
                self._wake.notify()

        with self._wake:  # an edge waits until the contact is there
            contacts.append(Contact(self._watch(wire, edge, rest=True)))
        return contacts[0]

    def _watch(self, wire: Wire, listener: Listener, *, rest: bool) -> bool:
        self._listeners.append(listener)
        return self._pins.watch(wire, listener, rest=rest)

    def _fed_back(self, closed: bool) -> None:
        with self._wake:
            if self._feedback is not None:
                self._feedback.seen(closed, monotonic() * 1000)
                self._wake.notify()

    def _close(self) -> None:
        for listener in self._listeners:
            self._pins.leave(listener)
        self._listeners.clear()

    def _run(self) -> None:
        assert self._contacts is not None
        with self._wake:
            while not self._stopping:
                now_ms = monotonic() * 1000
                for event in self._contacts.events(now_ms):
                    self._put(event)
                due_ms = self._tell_faults(now_ms)
                left_s = None if due_ms is None else max(0.0, due_ms / 1000 - monotonic())
                self._wake.wait(left_s)

    def _tell_faults(self, now_ms: float) -> float | None:
        """One device, one fault: the worst there is now. Gives when to look again."""
        assert self._contacts is not None
        text, again_ms = self._contacts.fault(now_ms)
        times = [self._contacts.due_ms, again_ms]
        if self._feedback is not None:
            stuck, again_ms = self._feedback.fault(now_ms)
            text = stuck or text
            times.append(again_ms)
        self._tell(self._lost or text)
        return min((time for time in times if time is not None), default=None)

    def _tell(self, text: str | None) -> None:
        """What is broken now, if that is news; None: nothing."""
        if text != self._told:
            self._told = text
            self._put(Recovered(self.device) if text is None else Faulted(self.device, text))


def _judge_of(lane: int, contacts: Mapping[str, Contact], release_ms: int) -> ArmContacts:
    """Who needs longer to go through may also be longer on the way."""
    return ArmContacts(
        lane,
        contacts.get("passage"),
        contacts.get("home"),
        contacts.get("ready"),
        monotonic() * 1000,
        max(STUCK_MS, 2.0 * release_ms),
    )


def _drop(_event: Event) -> None:
    """Before `start` there is nobody to tell."""
