"""PURE. When something is due that waits for several things."""

from typing import TypeVar

_Ms = TypeVar("_Ms", int, float)


def next_deadline(*due_ms: _Ms | None) -> _Ms | None:
    """Return the earliest of these times; None for never. A loop: it is asked after every event."""
    earliest: _Ms | None = None
    for ms in due_ms:
        if ms is not None and (earliest is None or ms < earliest):
            earliest = ms
    return earliest
