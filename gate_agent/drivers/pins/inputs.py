"""The board's own inputs: fire signal, key switch, battery. They ask and tell; the actor decides.

The fire release is wired from the fire panel to the turnstile, and no software is in that path.
Here its signal is only seen: the lane shows the way out, and passages are recorded as free.
"""

from threading import Condition, Thread
from time import monotonic

from gate_agent.config.settings import Wires
from gate_agent.drivers.pins.contact_pins import Contacts, Listener
from gate_agent.drivers.pins.contacts import Contact
from gate_agent.drivers.pins.factory import pin_errors
from gate_agent.events import Event, Faulted, Mode, ModeAsked, ModeSource, Recovered
from gate_agent.ports import Put

_JOIN_S = 5.0
_AT_REST = {"fire": True, "battery": True, "key_free": False, "key_closed": False}
_SETTLE_MS = {"fire": 50.0, "battery": 1000.0, "key_free": 50.0, "key_closed": 50.0}
"""A key is turned slowly, and a supply dips under load; a fire alarm does not have to be fast here:
the arms are free already."""


class Inputs:
    """A `gate_agent.ports.Device`: `ModeAsked` for fire and key switch, a fault for the battery."""

    device = "inputs"

    def __init__(self, wires: Wires, pins: Contacts) -> None:
        self._wires = wires
        self._pins = pins
        self._wake = Condition()
        self._put: Put = _drop
        self._listeners: list[Listener] = []
        self._contacts: dict[str, Contact] = {}
        self._key: Mode | None = None
        self._thread: Thread | None = None
        self._stopping = False

    def start(self, put: Put) -> None:
        """Claim the pins; what is not at rest now is told now."""
        self._put = put
        try:
            for role in self._wires:
                self._open(role)
        except pin_errors() as fault:
            self._close()
            put(Faulted(self.device, f"cannot open {self.device}: {fault}"))
            return
        for role, contact in self._contacts.items():
            if contact.closed is not _AT_REST[role]:
                self._moved(role, contact.closed)
        self._stopping = False
        self._thread = Thread(target=self._run, name=self.device, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give the pins back. Safe to call twice."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(_JOIN_S)
            self._thread = None
        self._close()

    def _open(self, role: str) -> None:
        def edge(closed: bool) -> None:
            with self._wake:
                self._contacts[role].seen(closed, monotonic() * 1000)
                self._wake.notify()

        with self._wake:  # an edge waits until the contact is there
            self._listeners.append(edge)
            closed = self._pins.watch(self._wires[role], edge, rest=_AT_REST[role])
            self._contacts[role] = Contact(closed, _SETTLE_MS[role])

    def _close(self) -> None:
        for listener in self._listeners:
            self._pins.leave(listener)
        self._listeners.clear()
        self._contacts.clear()

    def _run(self) -> None:
        with self._wake:
            while not self._stopping:
                now_ms = monotonic() * 1000
                for role, contact in self._contacts.items():
                    for _, closed in contact.changes(now_ms):
                        self._moved(role, closed)
                dues = [contact.due_ms for contact in self._contacts.values()]
                due_ms = min((due for due in dues if due is not None), default=None)
                left_s = None if due_ms is None else max(0.0, due_ms / 1000 - monotonic())
                self._wake.wait(left_s)

    def _moved(self, role: str, closed: bool) -> None:
        if role == "fire":
            # Inverted: a cut wire is a fire.
            self._put(ModeAsked(ModeSource.FIRE, None if closed else Mode.EMERGENCY))
        elif role == "battery":
            self._put(
                Recovered("battery")
                if closed
                else Faulted("battery", "the supply is low: the mains are out, or the battery is")
            )
        else:
            self._key_moved()

    def _key_moved(self) -> None:
        """Closed goes before free, should both contacts be closed for an instant."""
        mode = None
        if self._closed("key_closed"):
            mode = Mode.CLOSED
        elif self._closed("key_free"):
            mode = Mode.FREE
        if mode is not self._key:
            self._key = mode
            self._put(ModeAsked(ModeSource.KEY_SWITCH, mode))

    def _closed(self, role: str) -> bool:
        return role in self._contacts and self._contacts[role].closed


def _drop(_event: Event) -> None:
    """Before `start` there is nobody to tell."""
