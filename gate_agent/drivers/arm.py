"""A tripod arm behind a relay, with its passage and home contacts.

One thread of its own lets the contacts settle. The pulse is the relay's business.
"""

from threading import Condition, Thread
from time import monotonic

from gpiozero import DigitalInputDevice
from gpiozero.pins import Factory

from gate_agent.drivers.contacts import ArmContacts, Contact
from gate_agent.drivers.guard import Watcher
from gate_agent.drivers.pins import pin_errors
from gate_agent.drivers.relay import Relay
from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted, Recovered
from gate_agent.ports import Put
from gate_agent.settings import ArmSettings

_JOIN_S = 5.0


class RelayArm:
    """Implements `gate_agent.ports.Arm`."""

    def __init__(self, lane: int, settings: ArmSettings, relay: Relay, factory: Factory) -> None:
        self.device = f"arm {lane}"
        self._lane = lane
        self._settings = settings
        self._relay = relay
        self._factory = factory
        self._wake = Condition()
        self._put: Put = _drop
        self._inputs: list[tuple[DigitalInputDevice, Contact]] = []
        self._contacts: ArmContacts | None = None
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
        self._relay.start(Watcher(lambda _: None, self._lost, self._back))
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

    def _lost(self, why: str) -> None:
        self._put(Faulted(self.device, f"{self.device}: {why}"))

    def _back(self) -> None:
        self._put(Recovered(self.device))

    def _open(self) -> None:
        passage = self._input(self._settings.passage_pin)
        home = self._input(self._settings.home_pin)
        now_ms = monotonic() * 1000
        self._contacts = ArmContacts(self._lane, self.device, passage, home, now_ms)

    def _input(self, pin: int | None) -> Contact | None:
        if pin is None:
            return None
        device = DigitalInputDevice(pin, pull_up=True, pin_factory=self._factory)
        contact = Contact(closed=bool(device.is_active))
        self._inputs.append((device, contact))
        device.when_activated = lambda: self._edge(contact, closed=True)
        device.when_deactivated = lambda: self._edge(contact, closed=False)
        return contact

    def _edge(self, contact: Contact, *, closed: bool) -> None:
        with self._wake:
            contact.seen(closed, monotonic() * 1000)
            self._wake.notify()

    def _close(self) -> None:
        for device, _ in self._inputs:
            device.close()
        self._inputs.clear()

    def _run(self) -> None:
        assert self._contacts is not None
        with self._wake:
            while not self._stopping:
                for event in self._contacts.events(monotonic() * 1000):
                    self._put(event)
                due_ms = self._contacts.due_ms
                left_s = None if due_ms is None else max(0.0, due_ms / 1000 - monotonic())
                self._wake.wait(left_s)


def _drop(_event: Event) -> None:
    """Before `start` there is nobody to tell."""
