"""When something is due that waits for several things."""

from typing import TypeVar

_Ms = TypeVar("_Ms", int, float)


def earliest(*due_ms: _Ms | None) -> _Ms | None:
    """The first of these times; None for never. A loop, for it is asked after every event."""
    first: _Ms | None = None
    for ms in due_ms:
        if ms is not None and (first is None or ms < first):
            first = ms
    return first
