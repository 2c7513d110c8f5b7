"""The board's own inputs: fire signal, key switch, battery. They report; the actor decides.

The fire release is wired from the fire panel to the turnstile, and no software is in that path.
Here its signal is only read: the lane shows the way out, and passages are recorded as free.
"""

from time import monotonic

from gate_agent.config.settings import Wires
from gate_agent.deadlines import next_deadline
from gate_agent.drivers.pins.contact_pins import Contacts, Listener
from gate_agent.drivers.pins.contacts import Contact
from gate_agent.drivers.pins.factory import pin_errors
from gate_agent.drivers.worker import Worker
from gate_agent.events import Faulted, Mode, ModeAsked, ModeSource, Recovered
from gate_agent.ports import Put

_AT_REST = {"fire": True, "battery": True, "key_free": False, "key_closed": False}
_SETTLE_MS = {"fire": 50.0, "battery": 1000.0, "key_free": 50.0, "key_closed": 50.0}
"""A key is turned slowly, and a supply dips under load; a fire alarm does not have to be fast here:
the arms are free already."""


class Inputs:
    """A `gate_agent.ports.Device`: puts `ModeAsked` for fire and key switch, a fault for the
    battery."""

    device = "inputs"

    def __init__(self, wires: Wires, pins: Contacts) -> None:
        self._wires = wires
        self._pins = pins
        self._worker = Worker(self.device, self._session)
        self._listeners: list[Listener] = []
        self._contacts: dict[str, Contact] = {}
        self._key: Mode | None = None

    def start(self, put: Put) -> None:
        """Claim the pins, and put an event for each input that is not at rest."""
        try:
            for role in self._wires:
                self._open(role)
        except pin_errors() as fault:
            self._close()
            put(Faulted(self.device, f"cannot open {self.device}: {fault}"))
            return
        with self._worker.changed:  # before the first edge: a gate may be started in a fire
            self._worker.start(put)
            for role, contact in self._contacts.items():
                if contact.closed is not _AT_REST[role]:
                    self._moved(role, contact.closed)

    def stop(self) -> None:
        """Give the pins back. Safe to call twice."""
        self._worker.stop()
        self._close()

    def _open(self, role: str) -> None:
        def edge(closed: bool) -> None:
            with self._worker.changed:
                self._contacts[role].seen(closed, monotonic() * 1000)
                self._worker.changed.notify()

        with self._worker.changed:  # an edge waits until the contact is there
            self._listeners.append(edge)
            closed = self._pins.watch(self._wires[role], edge, rest=_AT_REST[role])
            self._contacts[role] = Contact(closed, _SETTLE_MS[role])

    def _close(self) -> None:
        for listener in self._listeners:
            self._pins.leave(listener)
        self._listeners.clear()
        self._contacts.clear()

    def _session(self) -> None:
        with self._worker.changed:
            while not self._worker.is_stopping():
                now_ms = monotonic() * 1000
                for role, contact in self._contacts.items():
                    for _, closed in contact.changes(now_ms):
                        self._moved(role, closed)
                due_ms = next_deadline(*(contact.due_ms for contact in self._contacts.values()))
                self._worker.wait_until(due_ms)

    def _moved(self, role: str, closed: bool) -> None:
        if role == "fire":
            # Inverted: a cut wire is a fire.
            self._worker.put(ModeAsked(ModeSource.FIRE, None if closed else Mode.EMERGENCY))
        elif role == "battery":
            self._worker.put(
                Recovered("battery")
                if closed
                else Faulted("battery", "the supply is low: the mains are out, or the battery is")
            )
        else:
            self._key_moved()

    def _key_moved(self) -> None:
        """Put the mode of the key switch. Closed wins, should both contacts be closed for an
        instant."""
        mode = None
        if self._closed("key_closed"):
            mode = Mode.CLOSED
        elif self._closed("key_free"):
            mode = Mode.FREE
        if mode is not self._key:
            self._key = mode
            self._worker.put(ModeAsked(ModeSource.KEY_SWITCH, mode))

    def _closed(self, role: str) -> bool:
        return role in self._contacts and self._contacts[role].closed
