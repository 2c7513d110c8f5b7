"""Whom and what this gate believes: keys, the rules in force, what beacons say, and what is known
of the time. Part of the actor; runs on its thread."""

import logging
from collections.abc import Callable

from gate_agent.errors import JournalError
from gate_agent.health import Health
from gate_agent.ports import Clock
from gate_agent.time_bound import TimeBound
from gate_agent.trust.documents import TrustDocuments
from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer, RulesOffer
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
KEEP_TIME_EVERY_MS = 600_000
BEHIND_BEACONS = 2
_log = logging.getLogger(__name__)

HeldVersions = dict[str, tuple[int, int]]
"""Version and as-of time of each ticket list in force, by series."""


def load_time(store: TrustDocuments, passed_ms: int = 0) -> TimeBound:
    """What the last boot knew of the time, and that `passed_ms` has passed, as the journal says."""
    known = TimeBound(passed_ms)
    for data in store.load(TIME):
        try:
            fields = cbor.read(data)
        except WireError:
            continue
        if type(fields) is list and len(fields) == 2:
            signed_ms, hearsay_ms = fields
            if all(type(ms) is int and 0 <= ms < END_MS for ms in fields):
                signed_ms = max(signed_ms, known.signed_ms)
                known = TimeBound(signed_ms, max(hearsay_ms, known.hearsay_ms))
    return known


class Trust:
    """`ring`: whose signatures count: of `keys`, the key set in force, or of what the gate was
    enrolled with. `rules`: the rule book in force. `vouching`: what beacons have said. `reopen`
    is called when a list key is not trusted any more."""

    def __init__(self, ring: KeyRing, store: TrustDocuments, clock: Clock, health: Health) -> None:
        self.ring = ring
        self.keys: KeySet | None = None
        self.reopen: Callable[[], None] = lambda: None
        self.rules: RuleBook = NO_BOOK
        self.vouching = Vouching()
        self._behind = 0
        self._kept_ms: int | None = None
        self._store = store
        self._clock = clock
        self._health = health

    def load(self) -> None:
        """Puts what is on disk in force, as far as it is whole; says in the faults what is not."""
        for data in self._store.load(KEYS):
            try:
                self._load_keys(data)
            except WireError as error:
                self._health.fault("key set", str(error))
        if self.keys is not None:
            self._health.recover("key set")
            self._clock.learn(self.keys.as_of_ms)
        for data in self._store.load(RULES):
            try:
                found = open_book(data, self.ring)
            except WireError as error:
                self._health.fault("rule book", str(error))
            else:
                if found.version > self.rules.version:
                    self.rules = found
        if self.rules is not NO_BOOK:
            self._health.recover("rule book")

    def _load_keys(self, sealed: bytes) -> None:
        """Who was to be trusted to follow the last set was checked when it came."""
        fields = key_set.split(sealed)[1]
        own = key_set.read_set(fields)
        found = key_set.open_set(sealed, own.roots, own.park)
        if self.keys is None or found.version > self.keys.version:
            self.keys, self.ring = found, found.ring()

    @property
    def keys_version(self) -> int:
        """Version of the key set in force, 0 for none."""
        return 0 if self.keys is None else self.keys.version

    def hear(self, message: RulesOffer | BeaconMessage | KeysOffer, held: HeldVersions) -> bool:
        """A message of the centre; gives whether the centre should hear of it. Raises WireError;
        then it has changed nothing."""
        if isinstance(message, RulesOffer):
            return self._take_rules(message.book)
        if isinstance(message, KeysOffer):
            return self._take_keys(message.key_set)
        return self._take_beacon(message.beacon, held)

    def vouched_ms(self, held: HeldVersions) -> int:
        """When the centre last said that all lists in force are its newest, 0 for no list."""
        of = self.vouching.vouched_ms
        times = (max(as_of, of(series, version)) for series, (version, as_of) in held.items())
        return min(times, default=0)

    def freshness(self, held: HeldVersions) -> Freshness:
        """Of the lists in force, by the rules of all products."""
        return self.rules.default.freshness(self._clock.now().bound_ms - self.vouched_ms(held))

    @property
    def deadline_ms(self) -> int:
        """When `tick` is due, in monotonic milliseconds."""
        return 0 if self._kept_ms is None else self._kept_ms + KEEP_TIME_EVERY_MS

    def tick(self) -> None:
        """Now and then: keep what a reboot must not forget."""
        now_ms = self._clock.now().mono_ms
        if now_ms < self.deadline_ms:
            return
        self._kept_ms = now_ms
        bound = self._clock.bound
        if not bound.bound_ms:
            return
        try:
            self._store.save(TIME, cbor.write([bound.signed_ms, bound.hearsay_ms]))
        except JournalError as error:
            _log.warning("%s", error)

    def look_at_clock(self) -> None:
        """Say in the faults whether it is right."""
        doubt = self._clock.doubt
        if doubt and "clock" not in self._health.faults:
            self._health.fault("clock", doubt)
        elif not doubt and self._health.faults:
            self._health.recover("clock")

    def _take_keys(self, sealed: bytes) -> bool:
        """Every check before anything is raised; then disk; then in force."""
        roots = self.ring.of(KeyUse.ROOT)
        if not roots:
            raise WireError("a key set for a gate that knows no root keys")
        offered = key_set.open_set(sealed, [root.public for root in roots], roots[0].owner)
        if offered == self.keys:
            return False
        key_set.refuse_older(self.keys, offered)
        try:
            self._store.save(KEYS, sealed)
        except JournalError as error:
            self._health.fault("key set", str(error))
            return False
        before, self.keys, self.ring = self.ring, offered, offered.ring()
        self._health.recover("key set")
        self._health.count("key set taken")
        self._clock.learn(offered.as_of_ms)
        if any(self.ring.find(KeyUse.LIST, key.id) is None for key in before.of(KeyUse.LIST)):
            self._forget_signed(offered.as_of_ms)
        return True

    def _forget_signed(self, as_of_ms: int) -> None:
        """A list key is not trusted any more, so nothing that it signed may forbid what comes now:
        a thief could have pushed versions and times to their ends."""
        self.rules, self.vouching = NO_BOOK, Vouching()
        self._clock.restart(as_of_ms)
        self._kept_ms = None
        self.reopen()

    def _take_rules(self, sealed: bytes) -> bool:
        """Every check before anything is raised; then disk; then in force."""
        offered = open_book(sealed, self.ring)
        if offered == self.rules:
            return False
        rule_book.refuse_older(self.rules, offered)
        try:
            self._store.save(RULES, sealed)
        except JournalError as error:
            self._health.fault("rule book", str(error))
            return False
        self.rules = offered
        self._health.recover("rule book")
        self._health.count("rule book taken")
        return True

    def _take_beacon(self, sealed: bytes, held: HeldVersions) -> bool:
        beacon = open_beacon(sealed, self.ring)
        try:
            self.vouching = apply_beacon(self.vouching, beacon, held)
        except MixedError as error:
            self._health.fault("beacon", str(error))
            raise
        self._clock.hear(beacon.time_ms)
        self.look_at_clock()
        return self._compare(beacon, held)

    def _compare(self, beacon: Beacon, held: HeldVersions) -> bool:
        """Shows what this gate does not get: a download takes seconds, not minutes."""
        behind = [
            f"list {series} {held.get(series, (0, 0))[0]} is in force, the centre has {version}"
            for series, version in beacon.lists
            if held.get(series, (0, 0))[0] < version
        ]
        if self.rules.version < beacon.rules:
            behind.append(f"rules {self.rules.version} are in force, the centre has {beacon.rules}")
        if self.keys_version < beacon.keys:
            behind.append(f"key set {self.keys_version} is in force, the centre has {beacon.keys}")
        self._behind = self._behind + 1 if behind else 0
        if self._behind >= BEHIND_BEACONS:
            self._health.fault("beacon", "; ".join(behind))
        elif not behind:
            self._health.recover("beacon")
        return bool(behind)
