"""A tripod arm behind a relay, with its passage and home contacts.

One thread of its own ends the pulses and lets the contacts settle. The pulse begins in the
caller's thread, so that a release costs microseconds, and never without that thread running:
a contact that nobody opens again reads as "permanently open" on some turnstile boards.
"""

from threading import Condition, Thread
from time import monotonic

from gpiozero import DigitalInputDevice, OutputDevice
from gpiozero.pins import Factory

from gate_agent.drivers.contacts import ArmContacts, Contact
from gate_agent.drivers.pins import pin_errors
from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted, Recovered
from gate_agent.ports import Put
from gate_agent.settings import ArmSettings

_GAP_MS = 100.0  # at rest between two pulses, so that a board sees two
_RETRY_MS = 50.0  # after a relay that could not be opened again
_JOIN_S = 5.0


class RelayArm:
    """Implements `gate_agent.ports.Arm`."""

    def __init__(self, lane: int, settings: ArmSettings, factory: Factory) -> None:
        self.device = f"arm {lane}"
        self._lane = lane
        self._settings = settings
        self._factory = factory
        self._wake = Condition()
        self._put: Put = _drop
        self._relay: OutputDevice | None = None
        self._inputs: list[tuple[DigitalInputDevice, Contact]] = []
        self._contacts: ArmContacts | None = None
        self._thread: Thread | None = None
        self._stopping = False
        self._active = False
        self._until_ms = 0.0
        self._waiting = False
        self._faulty = False

    def start(self, put: Put) -> None:
        """Claim the pins, with the relay at rest, and watch the contacts."""
        self._put = put
        try:
            self._open()
        except pin_errors() as fault:
            self._close()
            put(Faulted(self.device, f"cannot open {self.device}: {fault}"))
            return
        self._stopping = False
        self._thread = Thread(target=self._run, name=self.device, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Open the relay and give the pins back."""
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
        with self._wake:
            if self._thread is None or not self._thread.is_alive():
                raise DriverFault(
                    f"cannot release {self.device}: its pins are not open",
                    "see the gate's log for why they could not be opened",
                )
            if self._active or monotonic() * 1000 < self._until_ms:
                if self._waiting:
                    raise DriverFault(f"cannot release {self.device}: two pulses are still to come")
                self._waiting = True
            else:
                self._begin()
            self._wake.notify()

    def _open(self) -> None:
        settings = self._settings
        # Off as its first level: claiming the line must not release the arm.
        self._relay = OutputDevice(
            settings.relay_pin,
            active_high=settings.relay_active_high,
            initial_value=False,
            pin_factory=self._factory,
        )
        passage = self._input(settings.passage_pin)
        home = self._input(settings.home_pin)
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
        relay, self._relay = self._relay, None
        if relay is None:
            return
        try:
            relay.off()
            relay.close()
        except pin_errors() as fault:
            self._put(Faulted(self.device, f"cannot open the relay of {self.device}: {fault}"))

    def _begin(self) -> None:
        assert self._relay is not None
        # Before the relay moves: if that raises, the thread still brings it to rest.
        self._active = True
        self._until_ms = monotonic() * 1000 + self._settings.pulse_ms
        try:
            self._relay.on()
        except pin_errors() as fault:
            raise DriverFault(f"cannot close the relay of {self.device}: {fault}") from fault

    def _run(self) -> None:
        with self._wake:
            while not self._stopping:
                now_ms = monotonic() * 1000
                for event in self._step(now_ms):
                    self._put(event)
                due_ms = self._due_ms()
                if due_ms is None:
                    self._wake.wait()
                else:
                    self._wake.wait(max(0.0, due_ms - monotonic() * 1000) / 1000)

    def _due_ms(self) -> float | None:
        assert self._contacts is not None
        times = [self._contacts.due_ms]
        if self._active or self._waiting:
            times.append(self._until_ms)
        return min((time for time in times if time is not None), default=None)

    def _step(self, now_ms: float) -> list[Event]:
        assert self._contacts is not None
        events: list[Event] = []
        if now_ms >= self._until_ms:
            if self._active:
                events += self._end(now_ms)
            elif self._waiting:
                self._waiting = False
                try:
                    self._begin()
                except DriverFault as fault:
                    events.append(Faulted(self.device, str(fault)))
        events += self._contacts.events(now_ms)
        return events

    def _end(self, now_ms: float) -> list[Event]:
        assert self._relay is not None
        try:
            self._relay.off()
        except pin_errors() as fault:
            self._until_ms = now_ms + _RETRY_MS
            if self._faulty:
                return []
            self._faulty = True
            return [Faulted(self.device, f"cannot open the relay of {self.device}: {fault}")]
        self._active = False
        self._until_ms = now_ms + _GAP_MS
        if not self._faulty:
            return []
        self._faulty = False
        return [Recovered(self.device)]


def _drop(_event: Event) -> None:
    """Before `start` there is nobody to tell."""
