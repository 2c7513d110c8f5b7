"""A tripod arm: a relay or a board's protocol releases it, contacts report its movements.

A thread of its own lets the contacts settle and reports faults. The relay itself times the pulse.
"""

from collections.abc import Mapping
from time import monotonic

from gate_agent.config.settings import ArmSettings, GpioLine
from gate_agent.deadlines import next_deadline
from gate_agent.drivers.arms.guard.client import Watcher
from gate_agent.drivers.arms.passage_sensor import STUCK_MS, PassageSensor
from gate_agent.drivers.arms.relay import Relay
from gate_agent.drivers.arms.relay_feedback import RelayFeedback
from gate_agent.drivers.pins.contact_pins import Contacts, Listener
from gate_agent.drivers.pins.contacts import Contact
from gate_agent.drivers.pins.factory import pin_errors
from gate_agent.drivers.worker import Worker
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted, Turned
from gate_agent.ports import Put

_WATCHED = ("passage", "home", "ready")


class RelayArm:
    """Implements `gate_agent.ports.Arm`. `relay`: taken and given back with the arm."""

    def __init__(self, lane: int, settings: ArmSettings, relay: Relay, pins: Contacts) -> None:
        self.device = f"arm {lane}"
        self._lane = lane
        self._settings = settings
        self._relay = relay
        self._pins = pins
        self._worker = Worker(self.device, self._session)
        self._listeners: list[Listener] = []
        self._sensor: PassageSensor | None = None
        self._feedback: RelayFeedback | None = None
        self._lost: str | None = None

    def start(self, put: Put) -> None:
        """Claim the pins, take the relay, at rest, and watch the contacts."""
        try:
            self._open()
        except pin_errors() as fault:
            self._close()
            put(Faulted(self.device, f"cannot open {self.device}: {fault}"))
            return
        self._worker.start(put)
        self._relay.start(
            Watcher(self._relay_moved, self._relay_lost, self._relay_back, self._board_turned)
        )

    def stop(self) -> None:
        """Open the relay and give the pins back."""
        self._relay.stop()
        self._worker.stop()
        self._close()

    def release(self) -> None:
        """Give one pulse of `pulse_ms`; a second one asked for meanwhile follows after a gap.

        Raise DriverFault if the relay does not obey, or if two pulses are still to come.
        """
        if not self._worker.running:
            raise DriverFault(
                f"cannot release {self.device}: its pins are not open",
                "see the gate's log for why they could not be opened",
            )
        try:
            self._relay.pulse(self._settings.pulse_ms)
        except DriverFault as fault:
            raise DriverFault(f"{self.device}: {fault}", fault.hint) from fault

    # --- called by the relay ---------------------------------------------------------------------

    def _relay_moved(self, on: bool) -> None:
        with self._worker.changed:
            if self._feedback is not None:
                self._feedback.commanded(on, monotonic() * 1000)
                self._worker.changed.notify()

    def _relay_lost(self, why: str) -> None:
        with self._worker.changed:
            self._lost = why
            # At once: it may be back before the arm's own thread has its turn.
            self._worker.report(why)
            self._worker.changed.notify()

    def _relay_back(self) -> None:
        with self._worker.changed:
            self._lost = None
            self._worker.changed.notify()

    def _board_turned(self) -> None:
        """Put a passage that a board reports, unless an own contact is wired: that is believed
        before a board's counter."""
        if "passage" not in self._settings.wires:
            self._worker.put(Turned(self._lane))

    # --- the contacts --------------------------------------------------------------------------

    def _open(self) -> None:
        wires = self._settings.wires
        contacts = {role: self._contact(wires[role]) for role in _WATCHED if role in wires}
        if "feedback" in wires:
            closed = self._watch(wires["feedback"], self._fed_back, rest=False)
            self._feedback = RelayFeedback(closed)
        self._sensor = _sensor_of(self._lane, contacts, self._settings.release_ms)

    def _contact(self, wire: GpioLine) -> Contact:
        contacts: list[Contact] = []

        def edge(closed: bool) -> None:
            with self._worker.changed:
                contacts[0].seen(closed, monotonic() * 1000)
                self._worker.changed.notify()

        with self._worker.changed:  # an edge waits until the contact is there
            contacts.append(Contact(self._watch(wire, edge, rest=True)))
        return contacts[0]

    def _watch(self, wire: GpioLine, listener: Listener, *, rest: bool) -> bool:
        self._listeners.append(listener)
        return self._pins.watch(wire, listener, rest=rest)

    def _fed_back(self, closed: bool) -> None:
        with self._worker.changed:
            if self._feedback is not None:
                self._feedback.seen(closed, monotonic() * 1000)
                self._worker.changed.notify()

    def _close(self) -> None:
        for listener in self._listeners:
            self._pins.leave(listener)
        self._listeners.clear()

    def _session(self) -> None:
        assert self._sensor is not None
        with self._worker.changed:
            while not self._worker.is_stopping():
                now_ms = monotonic() * 1000
                for event in self._sensor.events(now_ms):
                    self._worker.put(event)
                self._worker.wait_until(self._report_fault(now_ms))

    def _report_fault(self, now_ms: float) -> float | None:
        """Report the worst fault of the device; return when to look again, in ms."""
        assert self._sensor is not None
        text, again_ms = self._sensor.fault(now_ms)
        times = [self._sensor.due_ms, again_ms]
        if self._feedback is not None:
            stuck, again_ms = self._feedback.fault(now_ms)
            text = stuck or text
            times.append(again_ms)
        self._worker.report(self._lost or text)
        return next_deadline(*times)


def _sensor_of(lane: int, contacts: Mapping[str, Contact], release_ms: int) -> PassageSensor:
    """Return the sensor over the contacts. A lane that gives its visitors longer also allows the
    arm longer on its way."""
    return PassageSensor(
        lane,
        contacts.get("passage"),
        contacts.get("home"),
        contacts.get("ready"),
        monotonic() * 1000,
        max(STUCK_MS, 2.0 * release_ms),
    )
