"""The contacts' pins of a board: each opened once, for whoever wants to hear of it.

Contacts go between a pin and ground, under the board's own pull-up: closed is low. Two lanes may
watch one pin: a tripod that turns both ways has one home contact.
"""

from collections.abc import Callable
from threading import Lock
from typing import Protocol

from gate_agent.config.settings import GpioLine
from gate_agent.drivers.pins.gpio import DigitalInputDevice, Factory

Listener = Callable[[bool], None]
"""Told, in the pin's own thread, that the contact has closed (True) or opened."""


class Contacts(Protocol):
    """A board's contacts."""

    def watch(self, wire: GpioLine, listener: Listener, *, rest: bool) -> bool:
        """Whether it is closed now; the listener hears of each edge from here on. `rest`: whether
        such a contact is closed at rest. Raises what `pin_errors` lists."""
        ...

    def leave(self, listener: Listener) -> None:
        """It hears no more."""
        ...


class StillContacts:
    """Contacts of a board without hardware: at rest, for ever."""

    def watch(self, wire: GpioLine, listener: Listener, *, rest: bool) -> bool:
        """At rest."""
        return rest

    def leave(self, listener: Listener) -> None:
        """Nothing to give back."""


class ContactPins:
    """`factory`: whose pins; where they come from is always said explicitly."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._lock = Lock()
        self._devices: dict[int, DigitalInputDevice] = {}
        self._listeners: dict[int, list[tuple[GpioLine, Listener]]] = {}

    def watch(self, wire: GpioLine, listener: Listener, *, rest: bool) -> bool:
        """Of a wire that is turned, "closed" means open."""
        with self._lock:
            device = self._devices.get(wire.pin)
            if device is None:
                device = DigitalInputDevice(wire.pin, pull_up=True, pin_factory=self._factory)
                self._devices[wire.pin] = device
            listeners = self._listeners.setdefault(wire.pin, [])
            listeners.append((wire, listener))
            device.when_activated = lambda: _tell(listeners, low=True)
            device.when_deactivated = lambda: _tell(listeners, low=False)
            return bool(device.is_active) is not wire.turned

    def leave(self, listener: Listener) -> None:
        """It hears no more; a pin that nobody watches is given back."""
        with self._lock:
            for pin, listeners in list(self._listeners.items()):
                listeners[:] = [one for one in listeners if one[1] is not listener]
                if not listeners:
                    del self._listeners[pin]
                    self._devices.pop(pin).close()


def _tell(listeners: list[tuple[GpioLine, Listener]], *, low: bool) -> None:
    for wire, listener in list(listeners):
        listener(low is not wire.turned)
