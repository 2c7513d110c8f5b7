"""Keys, rules and beacons in force, and what is known of the time. Part of the actor; runs on its
thread."""

import logging
from typing import NamedTuple

from gate_agent.errors import JournalError
from gate_agent.health import Health
from gate_agent.ports import Clock
from gate_agent.time_bound import TimeBound
from gate_agent.trust.documents import TrustDocuments
from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust import key_set, rule_book
from gate_agent.validator.trust.beacon import (
    Beacon,
    MixedError,
    Vouching,
    apply_beacon,
    open_beacon,
)
from gate_agent.validator.trust.key_set import KeySet
from gate_agent.validator.trust.keys import KeyRing, KeyUse
from gate_agent.validator.trust.rule_book import NO_BOOK, Freshness, RuleBook, open_book

RULES, TIME, KEYS = "rules", "time", "keys"
STORE_TIME_EVERY_MS = 600_000
BEHIND_BEACONS = 2
_log = logging.getLogger(__name__)

HeldVersions = dict[str, tuple[int, int]]
"""Version and as-of time of each ticket list in force, by series."""


class KeysChanged(NamedTuple):
    """Another key set is in force. `list_key_withdrawn`: a key that signed lists is not trusted any
    more, so no list in force may forbid the next one."""

    list_key_withdrawn: bool


def load_time(documents: TrustDocuments, passed_ms: int = 0) -> TimeBound:
    """Return what the last boot knew of the time, and at least `passed_ms`, which the journal says
    has passed (ms since 1970)."""
    bound = TimeBound(passed_ms)
    for data in documents.load(TIME):
        try:
            fields = cbor.read(data)
        except WireError:
            continue
        if type(fields) is list and len(fields) == 2:
            signed_ms, hearsay_ms = fields
            if all(type(ms) is int and 0 <= ms < END_MS for ms in fields):
                signed_ms = max(signed_ms, bound.signed_ms)
                bound = TimeBound(signed_ms, max(hearsay_ms, bound.hearsay_ms))
    return bound


def refresh_clock_fault(clock: Clock, health: Health) -> None:
    """Show in the faults whether the clock is to be believed."""
    doubt = clock.doubt
    if doubt and "clock" not in health.faults:
        health.fault("clock", doubt)
    elif not doubt and health.faults:
        health.recover("clock")


class Trust:
    """`ring`: the keys whose signatures count: those of `keys`, the key set in force, or those that
    the gate was enrolled with. `rules`: the rule book in force. `vouching`: what beacons have
    said. `newest_beacon_ms`: the time of the newest beacon that a trusted list key signed, also one
    that contradicts the lists in force; 0 for none since the start. The centre gets it back: nobody
    else could know it before."""

    def __init__(
        self, ring: KeyRing, documents: TrustDocuments, clock: Clock, health: Health
    ) -> None:
        self.ring = ring
        self.keys: KeySet | None = None
        self.rules: RuleBook = NO_BOOK
        self.vouching = Vouching()
        self.newest_beacon_ms = 0
        self._beacons_behind = 0
        self._newest: Beacon | None = None
        self._stored_ms: int | None = None
        self._documents = documents
        self._clock = clock
        self._health = health

    def load(self) -> None:
        """Put what is on disk in force, as far as it is whole; show in the faults what is not."""
        for data in self._documents.load(KEYS):
            try:
                self._load_keys(data)
            except WireError as error:
                self._health.fault("key set", str(error))
        if self.keys is not None:
            self._health.recover("key set")
            self._clock.raise_lower_bound(self.keys.as_of_ms)
        for data in self._documents.load(RULES):
            try:
                book = open_book(data, self.ring)
            except WireError as error:
                self._health.fault("rule book", str(error))
            else:
                if book.version > self.rules.version:
                    self.rules = book
        if self.rules is not NO_BOOK:
            self._health.recover("rule book")

    def _load_keys(self, sealed: bytes) -> None:
        """Put a stored key set in force. That it may follow the one before was checked when it
        came, so it is opened by its own root keys."""
        fields = key_set.split(sealed)[1]
        own = key_set.read_set(fields)
        stored = key_set.open_set(sealed, own.roots, own.park)
        if self.keys is None or stored.version > self.keys.version:
            self.keys, self.ring = stored, stored.ring()

    def has_documents(self) -> bool:
        """Return whether the centre has told this gate anything that is stored, whole or not."""
        return any(self._documents.load(name) for name in (RULES, TIME, KEYS))

    @property
    def keys_version(self) -> int:
        """Version of the key set in force, 0 for none."""
        return 0 if self.keys is None else self.keys.version

    def vouched_ms(self, held: HeldVersions) -> int:
        """Return when the centre last said that all lists in force are its newest, in ms since
        1970; 0 for no list."""
        of = self.vouching.vouched_ms
        times = (max(as_of, of(series, version)) for series, (version, as_of) in held.items())
        return min(times, default=0)

    def freshness(self, held: HeldVersions) -> Freshness:
        """Return how fresh the lists in force are, by the rules for all products."""
        return self.rules.default.freshness(self._clock.now().bound_ms - self.vouched_ms(held))

    @property
    def deadline_ms(self) -> int:
        """When `tick` is due, in monotonic milliseconds."""
        return 0 if self._stored_ms is None else self._stored_ms + STORE_TIME_EVERY_MS

    def tick(self) -> None:
        """Store what is known of the time every ten minutes, for the next boot."""
        now_ms = self._clock.now().mono_ms
        if now_ms < self.deadline_ms:
            return
        self._stored_ms = now_ms
        bound = self._clock.bound
        if not bound.bound_ms:
            return
        try:
            self._documents.save(TIME, cbor.write([bound.signed_ms, bound.hearsay_ms]))
        except JournalError as error:
            _log.warning("%s", error)

    # --- what the centre sends: checked first, then on disk, then in force ------------------------

    def take_keys(self, sealed: bytes) -> KeysChanged | None:
        """Put a key set in force; return None if nothing changed: it is in force already, or the
        disk did not take it. Raises WireError for one that may not follow; then nothing changed."""
        roots = self.ring.of(KeyUse.ROOT)
        if not roots:
            raise WireError("a key set for a gate that knows no root keys")
        offered = key_set.open_set(sealed, [root.public for root in roots], roots[0].owner)
        if offered == self.keys:
            return None
        key_set.refuse_older(self.keys, offered)
        try:
            self._documents.save(KEYS, sealed)
        except JournalError as error:
            self._health.fault("key set", str(error))
            return None
        before, self.keys, self.ring = self.ring, offered, offered.ring()
        self._health.recover("key set")
        self._health.count("key set taken")
        self._clock.raise_lower_bound(offered.as_of_ms)
        list_keys = before.of(KeyUse.LIST)
        withdrawn = any(self.ring.find(KeyUse.LIST, key.id) is None for key in list_keys)
        if withdrawn:
            self._forget_signed(offered.as_of_ms)
        return KeysChanged(withdrawn)

    def _forget_signed(self, as_of_ms: int) -> None:
        """Forget what list keys have signed: a thief of one could have pushed versions and times to
        their ends, and nothing of that may forbid what comes now."""
        self.rules, self.vouching, self.newest_beacon_ms = NO_BOOK, Vouching(), 0
        self._clock.reset_lower_bound(as_of_ms)
        self._stored_ms = None

    def take_rules(self, sealed: bytes) -> bool:
        """Put a rule book in force; return whether anything changed. Raises WireError for one that
        may not follow; then nothing changed."""
        offered = open_book(sealed, self.ring)
        if offered == self.rules:
            return False
        rule_book.refuse_older(self.rules, offered)
        try:
            self._documents.save(RULES, sealed)
        except JournalError as error:
            self._health.fault("rule book", str(error))
            return False
        self.rules = offered
        self._health.recover("rule book")
        self._health.count("rule book taken")
        return True

    def take_beacon(self, sealed: bytes, held: HeldVersions) -> bool:
        """Take the centre's time and newest versions from a beacon; return whether this gate is
        behind them. Raises WireError for one that is not newer than the last, or that contradicts
        the lists in force (`held`)."""
        beacon = open_beacon(sealed, self.ring)
        self.newest_beacon_ms = max(self.newest_beacon_ms, beacon.time_ms)
        try:
            self.vouching = apply_beacon(self.vouching, beacon, held)
        except MixedError as error:
            self._health.fault("beacon", str(error))
            raise
        self._clock.take_beacon_time(beacon.time_ms)
        refresh_clock_fault(self._clock, self._health)
        return self._compare(beacon, held)

    def end_fault_when_caught_up(self, held: HeldVersions) -> None:
        """End the fault of being behind as soon as what the last beacon named is in force: the next
        one comes only in minutes."""
        if self._beacons_behind == 0 or self._newest is None:
            return
        if not self._behind(self._newest, held):
            self._beacons_behind = 0
            self._health.recover("beacon")

    def _compare(self, beacon: Beacon, held: HeldVersions) -> bool:
        """Return whether anything newer is at the centre. Twice in a row is a fault: a download
        takes seconds, not minutes."""
        self._newest, behind = beacon, self._behind(beacon, held)
        self._beacons_behind = self._beacons_behind + 1 if behind else 0
        if self._beacons_behind >= BEHIND_BEACONS:
            self._health.fault("beacon", "; ".join(behind))
        elif not behind:
            self._health.recover("beacon")
        return bool(behind)

    def _behind(self, beacon: Beacon, held: HeldVersions) -> list[str]:
        """Return what a beacon names that is newer than what is in force, in words."""
        behind = [
            f"list {series} {held.get(series, (0, 0))[0]} is in force, the centre has {version}"
            for series, version in beacon.lists
            if held.get(series, (0, 0))[0] < version
        ]
        if self.rules.version < beacon.rules:
            behind.append(f"rules {self.rules.version} are in force, the centre has {beacon.rules}")
        if self.keys_version < beacon.keys:
            behind.append(f"key set {self.keys_version} is in force, the centre has {beacon.keys}")
        return behind
