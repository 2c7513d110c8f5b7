"""Types that several operations share: names, numbers, days, and what may be left out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, TypeVar

from msgspec import Meta, UnsetType

from fleet_manager.errors import CentreError
from fleet_manager.web.api.operations import Given, Sent
from fleet_manager.web.api.problem import BadRequest, NotThere

Name = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,19}$")]
"""Of a gate, a station, a webhook."""
Serial = Annotated[int, Meta(ge=0, le=4_294_967_295)]
Limit = Annotated[int, Meta(ge=1, le=500)]
Words = Annotated[str, Meta(max_length=500)]
"""What a person may write: a reason."""
FIRST_YEAR, LAST_YEAR = 2000, 2199
MOST_DAYS = 3_700
_Value = TypeVar("_Value")


class SerialPath(Given, frozen=True):
    """A ticket in an address."""

    serial: Serial


class NamePath(Given, frozen=True):
    """A name in an address."""

    name: Name


class ReasonBody(Given, frozen=True):
    """Why an act is done, for the audit."""

    reason: Words = ""


class Done(Sent, frozen=True):
    """How many things an act has changed, and how many were so already."""

    changed: int
    already: int = 0


def or_none(value: _Value | UnsetType) -> _Value | None:
    """Return a value, None for one that was left out."""
    return None if isinstance(value, UnsetType) else value


def days_of(first: date | UnsetType, last: date | UnsetType, today: int) -> tuple[int, int]:
    """Return the park days of a period, today for none. Raises BadRequest."""
    low = today if isinstance(first, UnsetType) else _day(first)
    high = max(low, today) if isinstance(last, UnsetType) else _day(last)
    if not 0 <= high - low <= MOST_DAYS:
        raise BadRequest(f"cannot answer for that period: must be 1 to {MOST_DAYS} days, in order")
    return low, high


def _day(on: date) -> int:
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise BadRequest(f"cannot answer for {on}: must be {FIRST_YEAR} to {LAST_YEAR}")
    return on.toordinal()


@contextmanager
def looking_for() -> Iterator[None]:
    """Raise NotThere instead of the error of a look-up that finds nothing."""
    try:
        yield
    except CentreError as error:
        raise NotThere(str(error), error.hint) from None
