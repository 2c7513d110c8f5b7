"""What the actor needs of the world, as protocols. The actor never sees a concrete device."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from gate_agent.effects import Show
from gate_agent.events import Event
from gate_agent.time_bound import TimeBound
from gate_agent.validator.moment import Moment

Put = Callable[[Event], None]
"""Hands an event to the actor. A device's never blocks; the link's waits while too many of its
messages wait to be handled (`actor/inbox`)."""


class Clock(Protocol):
    """The time, and how far it is to be believed."""

    def now(self) -> Moment:
        """Return the present moment. Costs microseconds."""
        ...

    @property
    def bound(self) -> TimeBound:
        """What has surely passed, and by which evidence."""
        ...

    @property
    def doubt(self) -> str:
        """Why a clock that is said to be right is not believed; empty if it is."""
        ...

    def raise_lower_bound(self, passed_ms: int) -> None:
        """Take it that `passed_ms` (ms since 1970) has surely passed: a list was true then."""
        ...

    def take_beacon_time(self, time_ms: int) -> None:
        """Take the centre's time (ms since 1970) from a beacon that is newer than all before."""
        ...

    def reset_lower_bound(self, passed_ms: int) -> None:
        """Forget everything but that `passed_ms` (ms since 1970) has passed: a list key, whose
        signatures moved the bound, is not trusted any more."""
        ...

    def take_issue_time(self, issued_ms: int, ticket: bytes) -> None:
        """Take the time (ms since 1970) at which the ticket with this 8-byte id was issued; its
        signature holds, and no list can know it yet."""
        ...


class Device(Protocol):
    """A part of the gate that has a thread or a handle of its own."""

    def start(self, put: Put) -> None:
        """Open it and begin to put events. A missing device is a Faulted event, not an error."""
        ...

    def stop(self) -> None:
        """Close the device, leaving every output at rest. Safe to call twice."""
        ...


class Scanner(Device, Protocol):
    """Reads codes."""

    @property
    def ready(self) -> bool:
        """Whether the scanner is open, set up, and can read at the moment."""
        ...


class Arm(Device, Protocol):
    """A turnstile's arm with its passage sensor."""

    def release(self) -> None:
        """Give one command pulse; return at once. Raises DriverFault."""
        ...


class Display(Device, Protocol):
    """Lamps, a screen, a buzzer: what a lane shows."""

    def show(self, show: Show) -> None:
        """Show it now; return at once. Raises DriverFault."""
        ...


class Link(Device, Protocol):
    """The way to the centre."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand a payload to the network, which may lose it. Never blocks, never raises."""
        ...

    def rekey(self, certificate: Path, private: Path) -> None:
        """Use these PEM files from the next connection on: this gate has another key. Never
        raises."""
        ...


class Bytes(Protocol):
    """A file to read from at any place. `size`: in bytes."""

    size: int

    def read_at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset`. Raises WireError if they are not there."""
        ...

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        ...


class Folder(Protocol):
    """Files that survive power cuts. Writing raises JournalError, reading WireError."""

    @property
    def path(self) -> Path:
        """Where the folder is, for a library that opens its files itself."""
        ...

    def names(self) -> list[str]:
        """Return the names of the files that are there, sorted."""
        ...

    def open(self, name: str) -> Bytes | None:
        """Return the file, None if there is none."""
        ...

    def read(self, name: str, most: int) -> bytes | None:
        """Return the content, but no more than one byte beyond `most`; None if there is none."""
        ...

    def replace(self, name: str, parts: Iterable[bytes]) -> None:
        """Put a file in the place of another; a power cut leaves one of the two, whole."""
        ...

    def grow(self, name: str, offset: int, data: bytes) -> None:
        """Write `data` at `offset`, and cut off what stands behind it; not durable before it is
        renamed."""
        ...

    def rename(self, name: str, to: str) -> None:
        """Make a grown file durable under another name."""
        ...

    def drop(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...
