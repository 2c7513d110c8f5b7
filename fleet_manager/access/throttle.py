"""Throttle: failed attempts cost their account and their address a growing delay.

An attempt is counted before the password is compared, and given back if it was right: so attempts
at one moment do not slip by. Some failures are free; each further one doubles the delay. One is
forgiven after each quiet span. An attempt that is refused here costs nothing more, so nobody keeps
somebody else out for longer than the longest delay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from fleet_manager.database.store import put_row
from fleet_manager.database.tables_people import throttle

LONGEST_MS = 15 * 60_000
FORGIVEN_MS = 10 * 60_000
_FIRST_MS = 1_000
_COLUMN = throttle.c


class Axis(StrEnum):
    """What failures are counted for. The second factor has its own count: a right password clears
    nothing of it."""

    ACCOUNT = "account"
    CODE = "code"
    STRANGER = "stranger"
    ADDRESS = "address"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class _Limit:
    """`free`: failures without a delay. `rows`: at most so many subjects; the one that failed
    longest ago makes room."""

    free: int
    rows: int


_LIMITS: dict[Axis, _Limit] = {
    # Users are never deleted, and an administrator adds them: their rows are bounded by themselves.
    Axis.ACCOUNT: _Limit(free=5, rows=1_000_000),
    Axis.CODE: _Limit(free=5, rows=1_000_000),
    Axis.STRANGER: _Limit(free=5, rows=1_000),
    Axis.ADDRESS: _Limit(free=20, rows=10_000),
    Axis.AUDIT: _Limit(free=200, rows=1),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Who or what failures are counted for."""

    axis: Axis
    name: str


def account(number: int) -> Subject:
    """Return the subject of a user's password."""
    return Subject(Axis.ACCOUNT, str(number))


def second_factor(number: int) -> Subject:
    """Return the subject of a user's codes."""
    return Subject(Axis.CODE, str(number))


def stranger(name: str) -> Subject:
    """Return the subject of a name that no user has: it is delayed as a user's would be."""
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return Subject(Axis.STRANGER, digest[:32])


def address(text: str) -> Subject:
    """Return the subject of an address; of IPv6, its network of 64 bits, which one host fills."""
    try:
        host = ip_address(text.partition("%")[0])
    except ValueError:
        return Subject(Axis.ADDRESS, text[:64])
    if isinstance(host, IPv6Address):
        if host.ipv4_mapped is not None:
            return Subject(Axis.ADDRESS, str(host.ipv4_mapped))
        return Subject(Axis.ADDRESS, f"{IPv6Address(int(host) >> 64 << 64)}/64")
    return Subject(Axis.ADDRESS, str(host))


STRANGERS_LINES = Subject(Axis.AUDIT, "strangers")
"""Lines of the audit about names that nobody has: they are bounded too."""


def wait_ms(connection: Connection, subjects: Sequence[Subject], now_ms: int) -> int:
    """Return how long somebody has to wait before the next attempt, 0 if not at all."""
    until_ms = max(_row(connection, subject)[2] for subject in subjects)
    return max(until_ms - now_ms, 0)


def count(connection: Connection, subject: Subject, now_ms: int) -> None:
    """Count an attempt as failed until `give_back` or `clear` says otherwise."""
    failures, last_ms, _ = _row(connection, subject)
    if failures == 0:
        _make_room(connection, subject.axis, now_ms)
    failures = max(failures - (now_ms - last_ms) // FORGIVEN_MS, 0) + 1
    _put(connection, subject, failures, now_ms)


def give_back(connection: Connection, subject: Subject) -> None:
    """Take one attempt back: it was right."""
    failures, last_ms, _ = _row(connection, subject)
    if failures > 1:
        _put(connection, subject, failures - 1, last_ms)
    else:
        clear(connection, subject)


def clear(connection: Connection, subject: Subject) -> None:
    """Forget the failures of a subject."""
    connection.execute(delete(throttle).where(_is(subject)))


def is_free(connection: Connection, subject: Subject, now_ms: int) -> bool:
    """Return whether the next attempt costs no delay yet."""
    failures, last_ms, _ = _row(connection, subject)
    left = max(failures - (now_ms - last_ms) // FORGIVEN_MS, 0)
    return left < _LIMITS[subject.axis].free


def _put(connection: Connection, subject: Subject, failures: int, at_ms: int) -> None:
    values: dict[str, object] = {
        "axis": subject.axis.value,
        "subject": subject.name,
        "failures": failures,
        "last_ms": at_ms,
        "until_ms": at_ms + _delay_ms(subject.axis, failures),
    }
    put_row(connection, throttle, values)


def _delay_ms(axis: Axis, failures: int) -> int:
    beyond = failures - _LIMITS[axis].free - 1
    return min(_FIRST_MS << min(beyond, 30), LONGEST_MS) if beyond >= 0 else 0


def _row(connection: Connection, subject: Subject) -> tuple[int, int, int]:
    """Return failures, when the last one was, and until when to wait."""
    query = select(_COLUMN.failures, _COLUMN.last_ms, _COLUMN.until_ms).where(_is(subject))
    row = connection.execute(query).one_or_none()
    return (0, 0, 0) if row is None else tuple(row)


def _is(subject: Subject) -> ColumnElement[bool]:
    return and_(_COLUMN.axis == subject.axis.value, _COLUMN.subject == subject.name)


def _make_room(connection: Connection, axis: Axis, now_ms: int) -> None:
    """Delete what is forgiven by now, and the oldest rows if there is no room for another."""
    limit = _LIMITS[axis]
    of_axis = _COLUMN.axis == axis.value
    forgotten_ms = now_ms - FORGIVEN_MS * (limit.free + 20)
    connection.execute(delete(throttle).where(of_axis, _COLUMN.last_ms < forgotten_ms))
    surplus = (connection.scalar(select(func.count()).where(of_axis)) or 0) - limit.rows + 1
    if surplus > 0:
        oldest = select(_COLUMN.subject).where(of_axis).order_by(_COLUMN.last_ms).limit(surplus)
        names = list(connection.scalars(oldest))
        connection.execute(delete(throttle).where(of_axis, _COLUMN.subject.in_(names)))
