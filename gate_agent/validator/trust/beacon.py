"""The beacon: the centre's word, every minute, of the time and of the newest version of everything.

It is what The Update Framework calls a timestamp. Who keeps lists back cannot keep them fresh;
who mixes old and new ones is found out; and a board without a clock learns what has passed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust.keys import KeyRing, KeyUse
from gate_agent.validator.trust.seal import in_range, open_seal
from gate_agent.validator.trust.seal import seal as seal_fields

MAX_BEACON_BYTES = 2048
MAX_SERIES = 64
MAX_SERIES_NAME = 16
_CONTEXT = b"scenic-gate beacon\0"


class MixedError(WireError):
    """Lists and a beacon that do not belong together."""


@dataclass(frozen=True, slots=True)
class Beacon:
    """`time_ms`: when it was signed. `lists`: (series, newest version) by series. `rules`, `keys`:
    newest version of the rule book and of the key set, 0 for none."""

    time_ms: int
    lists: tuple[tuple[str, int], ...] = ()
    rules: int = 0
    keys: int = 0


def seal(beacon: Beacon, key_id: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The beacon as it travels. Raises WireError for one that no gate would take."""
    rows = [list(row) for row in sorted(beacon.lists)]
    values: list[object] = [beacon.time_ms, rows, beacon.rules, beacon.keys]
    _read(values)
    return seal_fields(_CONTEXT, values, key_id, sign)


def open_beacon(sealed: bytes, ring: KeyRing) -> Beacon:
    """The beacon, if a trusted list key signed it. Raises WireError."""
    return _read(open_seal("a beacon", _CONTEXT, sealed, MAX_BEACON_BYTES, ring, KeyUse.LIST))


def _read(values: list[object]) -> Beacon:
    if len(values) != 4:
        raise WireError("a beacon of another shape")
    time_ms, rows, rules, keys = values
    if type(rows) is not list or len(rows) > MAX_SERIES:
        raise WireError("a beacon of another shape")
    lists: list[tuple[str, int]] = []
    for row in rows:
        if not (
            type(row) is list
            and len(row) == 2
            and type(row[0]) is str
            and len(row[0]) <= MAX_SERIES_NAME
            and in_range(row[1], 1, 1 << 32)
        ):
            raise WireError("a beacon with a field out of range")
        lists.append((row[0], row[1]))
    if not (
        in_range(time_ms, 1, END_MS)
        and in_range(rules, 0, 1 << 32)
        and in_range(keys, 0, 1 << 32)
        and all(a[0] < b[0] for a, b in pairwise(lists))
    ):
        raise WireError("a beacon with a field out of range")
    assert type(time_ms) is int
    assert type(rules) is int
    assert type(keys) is int
    return Beacon(time_ms, tuple(lists), rules, keys)


@dataclass(frozen=True, slots=True)
class Vouching:
    """What beacons have said so far. `last`: the newest. `named`: for each series the version that
    a beacon named last, and the time of the newest beacon that named it."""

    last: Beacon | None = None
    named: tuple[tuple[str, int, int], ...] = ()

    def vouched_ms(self, series: str, version: int) -> int:
        """When the centre last said that this version is the newest; 0 for never."""
        return max(
            (at for name, of, at in self.named if (name, of) == (series, version)), default=0
        )

    def newest(self, series: str) -> int:
        """The newest version there is, as far as this gate has heard; 0 for none."""
        return max((of for name, of, _ in self.named if name == series), default=0)


def hear(known: Vouching, beacon: Beacon, held: dict[str, tuple[int, int]]) -> Vouching:
    """After a beacon. `held`: (version, as-of in ms) of each series in force.

    Raises WireError for one that is not newer than the last (a replay, or late), and MixedError
    for one that names an older version than a list that is older than itself.
    """
    if known.last is not None and beacon.time_ms <= known.last.time_ms:
        raise WireError("a beacon that is not newer than the last")
    for series, version in beacon.lists:
        has, as_of_ms = held.get(series, (0, 0))
        if has > version and beacon.time_ms > as_of_ms:
            raise MixedError(f"a beacon that names list {series} {version}: {has} is in force")
    named = [(name, version, beacon.time_ms) for name, version in beacon.lists]
    return Vouching(beacon, tuple(named))
