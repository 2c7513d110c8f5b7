"""The pins of a board's contacts: each is opened once, for all who watch it.

A contact is wired between a pin and ground, with the board's own pull-up: closed is low. Two lanes
may watch one pin: a tripod that turns both ways has one home contact.
"""

from collections.abc import Callable
from threading import Lock
from typing import Protocol

from gate_agent.config.settings import GpioLine
from gate_agent.drivers.pins.gpio import DigitalInputDevice, Factory

Listener = Callable[[bool], None]
"""Called in the pin's own thread: the contact has closed (True) or opened."""


class Contacts(Protocol):
    """A board's contacts."""

    def watch(self, wire: GpioLine, listener: Listener, *, rest: bool) -> bool:
        """Return whether the contact is closed now, and call `listener` at each edge from here on.
        `rest`: whether such a contact is closed at rest. Raise the errors of `pin_errors`."""
        ...

    def leave(self, listener: Listener) -> None:
        """Call this listener no more."""
        ...


class StillContacts:
    """Contacts of a board without hardware: at rest for ever."""

    def watch(self, wire: GpioLine, listener: Listener, *, rest: bool) -> bool:
        """Return the state at rest."""
        return rest

    def leave(self, listener: Listener) -> None:
        """Do nothing: there is nothing to give back."""


class ContactPins:
    """Pins of a gpiozero `factory`, which is always given explicitly."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._lock = Lock()
        self._devices: dict[int, DigitalInputDevice] = {}
        self._listeners: dict[int, list[tuple[GpioLine, Listener]]] = {}

    def watch(self, wire: GpioLine, listener: Listener, *, rest: bool) -> bool:
        """Return whether the contact is closed; of a wire that is turned, whether it is open."""
        with self._lock:
            device = self._devices.get(wire.pin)
            if device is None:
                device = DigitalInputDevice(wire.pin, pull_up=True, pin_factory=self._factory)
                self._devices[wire.pin] = device
            listeners = self._listeners.setdefault(wire.pin, [])
            listeners.append((wire, listener))
            device.when_activated = lambda: _call(listeners, low=True)
            device.when_deactivated = lambda: _call(listeners, low=False)
            return bool(device.is_active) is not wire.turned

    def leave(self, listener: Listener) -> None:
        """Call this listener no more; give back a pin that nobody watches."""
        with self._lock:
            for pin, listeners in list(self._listeners.items()):
                listeners[:] = [pair for pair in listeners if pair[1] is not listener]
                if not listeners:
                    del self._listeners[pin]
                    self._devices.pop(pin).close()


def _call(listeners: list[tuple[GpioLine, Listener]], *, low: bool) -> None:
    for wire, listener in list(listeners):
        listener(low is not wire.turned)
