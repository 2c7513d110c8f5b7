"""Passwords: what may be one, its hash by argon2id, and at most two hashes at once."""

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from fleet_manager.errors import CentreError

LEAST_CHARS, MOST_CHARS = 10, 128
MEMORY_KIB, TIME, LANES = 19_456, 2, 1
"""OWASP's argon2id of 19 MiB: about 25 ms of a core."""
AT_ONCE = 2
WAIT_S = 10.0
_HASHER = PasswordHasher(
    time_cost=TIME, memory_cost=MEMORY_KIB, parallelism=LANES, hash_len=32, type=Type.ID
)
_SLOTS = threading.BoundedSemaphore(AT_ONCE)
_NOBODYS = _HASHER.hash(secrets.token_hex())
"""What an unknown name is compared with."""
_LEAST_KINDS = 5
_MOST_TYPED = 20 * MOST_CHARS
"""Of what was typed, before one spelling is made of it: some signs become one, some become many."""


class TooBusy(CentreError):
    """More people sign in at this moment than passwords can be compared."""


def check_new(password: str, name: str) -> None:
    """Raise CentreError if `password` is too weak for the user `name`."""
    text = _normal(password[:_MOST_TYPED])
    if not LEAST_CHARS <= len(text) <= MOST_CHARS:
        raise CentreError(
            f"cannot use this password: must have {LEAST_CHARS} to {MOST_CHARS} characters",
            "three or four words are easier to remember than signs",
        )
    if len(set(text.lower())) < _LEAST_KINDS:
        raise CentreError(
            f"cannot use this password: must have {_LEAST_KINDS} different characters"
        )
    if len(name) > 2 and name in text.lower():
        raise CentreError("cannot use this password: the name is in it")


def hash_of(password: str) -> str:
    """Return the text to store, with its salt and parameters. Raises TooBusy."""
    with _slot():
        return _HASHER.hash(_normal(password))


def is_right(stored: str | None, password: str) -> bool:
    """Return whether `password` is the one that was stored.

    None, for a user who has none or does not exist, takes the same time. Raises TooBusy.
    """
    text = _normal(password[:_MOST_TYPED])[: MOST_CHARS + 1]
    with _slot():
        try:
            _HASHER.verify(stored or _NOBODYS, text)
        except (VerificationError, InvalidHashError):
            return False
    return bool(stored)


def is_outdated(stored: str) -> bool:
    """Return whether a stored hash has other parameters than those of today."""
    return _HASHER.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """Return one spelling for what looks alike: keyboards differ in how they write é."""
    return unicodedata.normalize("NFKC", password)


@contextmanager
def _slot() -> Iterator[None]:
    if not _SLOTS.acquire(timeout=WAIT_S):
        raise TooBusy("cannot compare the password now: too many people sign in", "try again")
    try:
        yield
    finally:
        _SLOTS.release()
