"""Staff codes: who may override a refusal or change a gate's mode on the local page.

A code is three digits that say who, and a PIN behind them. The file holds a salted slow hash of
each; a short PIN would not stand up to somebody who has stolen the file, so it stands beside the
gate's own key, which must not be stolen either. Tries are limited, whoever makes them.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from gate_agent.errors import ConfigError

STAFF_FILE = "staff.json"
"""Within the identity folder."""

WRONG_TRIES = 5
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 600.0
_COST = {"n": 1 << 14, "r": 8, "p": 1}  # 16 MiB for a moment, tens of milliseconds
_NAME_BYTES = 40
"""A record's detail has 64 bytes, and says why as well."""
_SIZES = _SALT_BYTES, _HASH_BYTES = 16, 32


class StaffRole(StrEnum):
    """What a person may do: let typed numbers in; or override every refusal and set the mode."""

    STEWARD = "steward"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class StaffMember:
    """`number`: 1 to 999. `name`: what stands in the records, at most 20 characters."""

    number: int
    name: str
    right: StaffRole
    salt: str
    hash: str


def hash_pin(pin: str, salt: bytes) -> bytes:
    """Return the scrypt hash (RFC 7914) of a PIN."""
    return hashlib.scrypt(pin.encode(), salt=salt, dklen=_HASH_BYTES, **_COST)


def is_pin(pin: str) -> bool:
    """Return whether this is 4 to 8 digits, not all the same."""
    return pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8 and len(set(pin)) > 1


def is_staff_name(name: str) -> bool:
    """Return whether a name may stand in a record: printable, at most 20 letters, no ':', which
    divides it from the reason."""
    fits = 0 < len(name) <= 20 and len(name.encode("utf-8", "replace")) <= _NAME_BYTES
    return fits and name.isprintable() and name.strip() == name and ":" not in name


def person_of(number: int, name: str, right: StaffRole, pin: str, salt: bytes) -> StaffMember:
    """Return a member of staff with this PIN. Raises ValueError that says which value is out of
    range, and what is allowed."""
    if not 0 < number < 1000:
        raise ValueError(f"the number {number} is out of range: 1 to 999")
    if not is_staff_name(name):
        raise ValueError(
            f"the name {name!r} cannot be used: 1 to 20 letters of any script, at most "
            f"{_NAME_BYTES} bytes in UTF-8, without ':'"
        )
    if not is_pin(pin):
        raise ValueError("the PIN cannot be used: 4 to 8 digits, not all the same")
    if len(salt) != _SALT_BYTES:
        raise AssertionError(f"a salt has {_SALT_BYTES} bytes")
    return StaffMember(number, name, right, salt.hex(), hash_pin(pin, salt).hex())


def load(path: Path) -> dict[int, StaffMember]:
    """Return the staff by number; nobody if there is no file. Raises ConfigError."""
    try:
        people = [_read(row) for row in json.loads(path.read_text("utf-8"))]
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ConfigError(
            f"{path}: not a list of staff", "make it again with gate-agent staff"
        ) from None
    return {person.number: person for person in people}


def _read(row: dict[str, Any]) -> StaffMember:
    person = StaffMember(**{**row, "right": StaffRole(row["right"])})
    sizes = len(bytes.fromhex(person.salt)), len(bytes.fromhex(person.hash))
    numbered = type(person.number) is int and 0 < person.number < 1000
    if not numbered or type(person.name) is not str or sizes != _SIZES:
        raise ValueError("a person of another shape")
    return person


def save(path: Path, people: dict[int, StaffMember]) -> None:
    """Replace the file; only its owner may read it. Raises ConfigError."""
    fresh = path.with_suffix(".new")
    try:
        fresh.unlink(missing_ok=True)
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as pen:
            json.dump([asdict(people[number]) for number in sorted(people)], pen, indent=1)
            pen.write("\n")
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None


class StaffLogin:
    """Finds whose a code is, and limits wrong tries, whoever makes them. `now_s`: seconds that only
    grow."""

    def __init__(self, people: dict[int, StaffMember], now_s: Callable[[], float]) -> None:
        self._people = people
        self._now_s = now_s
        self._wrong = 0
        self._closed_until_s = 0.0

    @property
    def anybody(self) -> bool:
        """Whether this gate knows any staff."""
        return bool(self._people)

    def wait_s(self) -> int:
        """Return for how many seconds nobody may try; 0 if anybody may."""
        return max(0, -int(-(self._closed_until_s - self._now_s()) // 1))

    def person(self, code: str) -> StaffMember | None:
        """Return whose `code` is; None for nobody's, or while nobody may try. Takes tens of ms."""
        if self.wait_s():
            return None
        number, pin = code[:3], code[3:]
        person = self._people.get(int(number)) if number.isascii() and number.isdigit() else None
        # The same work for a number that nobody has: the time must not show it.
        salt = bytes(_SALT_BYTES) if person is None else bytes.fromhex(person.salt)
        hashed = hash_pin(pin, salt)
        if person is not None and hmac.compare_digest(hashed, bytes.fromhex(person.hash)):
            self._wrong = 0
            return person
        self._wrong += 1
        if self._wrong >= WRONG_TRIES:
            wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (self._wrong - WRONG_TRIES))
            self._closed_until_s = self._now_s() + wait_s
        return None
