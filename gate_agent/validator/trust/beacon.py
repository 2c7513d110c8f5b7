"""The beacon: the centre's signed statement, every minute, of the time and of the newest version of
every document.

It is the timestamp role of The Update Framework (TUF). Whoever holds lists back cannot keep them
fresh; whoever mixes old and new ones is detected; and a board without a clock learns a time that
has passed.
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
    """`time_ms`: when it was signed, ms since 1970. `lists`: (series, newest version), ordered by
    series. `rules`, `keys`: newest version of the rule book and of the key set, 0 for none."""

    time_ms: int
    lists: tuple[tuple[str, int], ...] = ()
    rules: int = 0
    keys: int = 0


def seal(beacon: Beacon, key_id: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """Return the beacon, signed, as it is sent. Raise WireError for a beacon that no gate would
    accept."""
    rows = [list(row) for row in sorted(beacon.lists)]
    values: list[object] = [beacon.time_ms, rows, beacon.rules, beacon.keys]
    _read(values)
    return seal_fields(_CONTEXT, values, key_id, sign)


def open_beacon(sealed: bytes, ring: KeyRing) -> Beacon:
    """Return the beacon if a trusted list key signed it. Raise WireError."""
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
    """What the beacons confirmed. `last`: the newest beacon. `named`: for each series the version
    that a beacon named last, and the time of the newest beacon that named it, in ms."""

    last: Beacon | None = None
    named: tuple[tuple[str, int, int], ...] = ()

    def vouched_ms(self, series: str, version: int) -> int:
        """Return when the centre last confirmed that this version is the newest, ms since 1970; 0
        for never."""
        return max(
            (at for name, of, at in self.named if (name, of) == (series, version)), default=0
        )

    def newest(self, series: str) -> int:
        """Return the newest version that a beacon has named for this series; 0 for none."""
        return max((of for name, of, _ in self.named if name == series), default=0)


def apply_beacon(vouching: Vouching, beacon: Beacon, held: dict[str, tuple[int, int]]) -> Vouching:
    """Return the state after another beacon. `held`: (version, as-of time in ms) of each series in
    force.

    Raise WireError for a beacon that is not newer than the last (a replay, or late), and MixedError
    for one that names an older version than a list whose as-of time is before the beacon's.
    """
    if vouching.last is not None and beacon.time_ms <= vouching.last.time_ms:
        raise WireError("a beacon that is not newer than the last")
    for series, version in beacon.lists:
        has, as_of_ms = held.get(series, (0, 0))
        if has > version and beacon.time_ms > as_of_ms:
            raise MixedError(f"a beacon that names list {series} {version}: {has} is in force")
    named = [(name, version, beacon.time_ms) for name, version in beacon.lists]
    return Vouching(beacon, tuple(named))
