"""Attempts: each is counted before a secret is compared, and refused with the same words."""

from dataclasses import dataclass, field
from typing import NoReturn

from sqlalchemy import Connection, select

from fleet_manager.access import actor, throttle, users
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.rights import Act
from fleet_manager.access.throttle import Subject
from fleet_manager.access.users import User, user_of
from fleet_manager.centre import Centre
from fleet_manager.database.store import count_up
from fleet_manager.database.tables_people import account
from fleet_manager.errors import CentreError
from fleet_manager.services.act import write_refusal

COUNTER = "attempts"
"""The row of `meta` whose lock puts attempts in order, so that each sees the failures before it."""


class SignInRefused(CentreError):
    """Somebody is not let in. `wait_s`: how long to wait before the next attempt, 0 for not."""

    def __init__(self, message: str, hint: str = "", *, wait_s: int = 0) -> None:
        super().__init__(message, hint)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody tries a secret. `user`: None for a name that nobody has. `stored`: the hash of the
    password; None where no password can be right. `sealed`: the second factor in force. `wait_s`:
    how long to wait after this attempt, should it be wrong."""

    user: User | None
    stored: str | None = field(default=None, repr=False)
    sealed: bytes | None = field(default=None, repr=False)
    subjects: tuple[Subject, ...]
    address: str
    wait_s: int


def count_password(centre: Centre, name: str, address: str) -> Attempt:
    """Count an attempt to give the password of the user `name`. Raises SignInRefused while
    somebody has to wait."""
    with centre.store.write() as connection:
        count_up(connection, COUNTER)
        query = select(account).where(account.c.name == name)
        row = connection.execute(query).one_or_none() if users.is_name(name) else None
        user = None if row is None else user_of(row)
        about = throttle.stranger(name) if user is None else throttle.account(user.id)
        subjects = (about, throttle.address(address))
        wait_s = _count(connection, subjects, centre.clock())
    usable = user is not None and user.disabled_ms is None
    return Attempt(
        user=user,
        stored=row.password if row is not None and usable else None,
        subjects=subjects,
        address=address,
        wait_s=wait_s,
    )


def count_code(centre: Centre, user: User, address: str) -> Attempt:
    """Count an attempt to give a user's code. Raises SignInRefused while somebody has to wait."""
    subjects = (throttle.second_factor(user.id), throttle.address(address))
    with centre.store.write() as connection:
        count_up(connection, COUNTER)
        wait_s = _count(connection, subjects, centre.clock())
        sealed = connection.scalar(select(account.c.factor).where(account.c.id == user.id))
    return Attempt(user=user, sealed=sealed, subjects=subjects, address=address, wait_s=wait_s)


def count_right(connection: Connection, attempt: Attempt) -> None:
    """Note that an attempt was right: its own failures are forgotten, and the address gets this
    attempt back, but none that it has spent on others."""
    count_up(connection, COUNTER)
    about, address = attempt.subjects
    throttle.clear(connection, about)
    throttle.give_back(connection, address)


def refuse(centre: Centre, act: Act, attempt: Attempt, reason: str, words: str) -> NoReturn:
    """Write a wrong attempt to the audit and raise SignInRefused. `reason`: for the audit.
    `words`: for whoever tried, the same for every user."""
    if attempt.user is not None:
        who = actor_of(attempt.user, attempt.address)
        write_refusal(centre, who, act, f"user {attempt.user.name}", reason)
    elif _has_room_for_strangers(centre):
        # Not what was typed: it may be a password in the wrong field.
        who = Actor("unknown", Role.DISPLAY, Via.PAGE, attempt.address[:64])
        write_refusal(centre, who, act, "a name that nobody has", reason)
    hint = _wait_hint(attempt.wait_s) if attempt.wait_s else ""
    raise SignInRefused(words, hint, wait_s=attempt.wait_s)


def actor_of(user: User, address: str) -> Actor:
    """Return the actor for a user at a page."""
    return actor.signed_in(user.name, user.role, user.station, address)


def _count(connection: Connection, subjects: tuple[Subject, ...], now_ms: int) -> int:
    """Count an attempt for each subject; return how long to wait after it, in seconds."""
    wait_ms = throttle.wait_ms(connection, subjects, now_ms)
    if wait_ms:
        wait_s = _seconds(wait_ms)
        raise SignInRefused("too many attempts have failed", _wait_hint(wait_s), wait_s=wait_s)
    for subject in subjects:
        throttle.count(connection, subject, now_ms)
    return _seconds(throttle.wait_ms(connection, subjects, now_ms))


def _has_room_for_strangers(centre: Centre) -> bool:
    """Return whether the audit takes another line about nobody: they are bounded in number."""
    with centre.store.write() as connection:
        subject, now_ms = throttle.STRANGERS_LINES, centre.clock()
        free = throttle.is_free(connection, subject, now_ms)
        if free:
            throttle.count(connection, subject, now_ms)
        return free


def _seconds(span_ms: int) -> int:
    return -(-span_ms // 1000)


def _wait_hint(wait_s: int) -> str:
    return f"wait {wait_s} s before the next attempt"
