"""Announce what every gate must have besides its lists: key set, rule book, and the beacon.

The beacon is a signed time with the newest version of everything. Rule book and beacon are made
when due, and sent again to a gate that lacks them.
"""

from collections.abc import Callable

from sqlalchemy import Connection, text

from fleet_manager.database import store
from fleet_manager.database.store import Store
from fleet_manager.keys.vault import Vault
from fleet_manager.trust import key_sets, rules
from gate_agent.validator.messages.envelopes import Birth, GateState, Message
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer, RulesOffer
from gate_agent.validator.trust import beacon
from gate_agent.validator.trust.beacon import Beacon

BEACON_EVERY_MS = 60_000
_VERSIONS = text("""
    SELECT (SELECT value FROM meta WHERE name = 'rules'),
           (SELECT max(version) FROM rule_book), (SELECT max(version) FROM key_set)
""")


class Announcements:
    """Used by the collector's thread alone. `newest` returns the version of each list that gates
    should have: it is called whenever a beacon is signed, so that none names an older one.
    `outdated`: another key set was published; it takes effect with keys that are read anew."""

    def __init__(self, store: Store, vault: Vault, newest: Callable[[], dict[str, int]]) -> None:
        self._store = store
        self._vault = vault
        self._newest = newest
        self._rules: rules.PublishedRules | None = None
        self._keys: key_sets.PublishedKeySet | None = None
        with store.read() as connection:
            self._keys = key_sets.newest(connection)
        self._book: rules.PublishedRules | None = None
        self._book_is_due = False
        self._lists: dict[str, int] = {}
        self._beacon_ms: int | None = None
        self.outdated = False

    def poll(self, connection: Connection) -> None:
        """Read what is newest and what is due. It is called several times a second."""
        [(counter, version, keys)] = store.run(connection, _VERSIONS, {})
        self._book_is_due = counter > (version or 0)
        loaded = 0 if self._book is None else self._book.version
        if not self._book_is_due and version and loaded != version:
            self._book = rules.newest(connection)
        self.outdated = (keys or 0) != (0 if self._keys is None else self._keys.version)

    @property
    def book_is_due(self) -> bool:
        """Return whether rules were set since the newest book was made."""
        return self._book_is_due

    def make_book(self, connection: Connection, now_ms: int) -> None:
        """Store the next rule book. Raises CentreError if it would be too large."""
        self._book = rules.make(connection, self._vault.list, now_ms)

    def new_messages(self, now_ms: int) -> list[Message]:
        """Return what is new to every gate since the last call, a beacon last."""
        book = self._book
        messages: list[Message] = []
        if book is not None and book != self._rules:
            messages.append(RulesOffer(book.sealed))
        lists = self._newest()
        changed = bool(messages) or lists != self._lists
        self._rules, self._lists = book, lists
        late = self._beacon_ms is None or not 0 <= now_ms - self._beacon_ms < BEACON_EVERY_MS
        if changed or late:
            self._beacon_ms = now_ms
            messages.append(self._beacon(now_ms))
        return messages

    def _beacon(self, now_ms: int) -> BeaconMessage:
        version = 0 if self._rules is None else self._rules.version
        signer = self._vault.list
        keys = 0 if self._keys is None else self._keys.version
        content = Beacon(now_ms, tuple(sorted(self._newest().items())), version, keys)
        return BeaconMessage(beacon.seal(content, signer.id, signer.sign))

    def all_messages(self, now_ms: int) -> list[Message]:
        """Return everything, for a gate whose versions are not known."""
        messages: list[Message] = []
        if self._keys is not None:
            messages.append(KeysOffer(self._keys.sealed))
        if self._rules is not None:
            messages.append(RulesOffer(self._rules.sealed))
        return [*messages, self._beacon(now_ms)]

    def missing(
        self, connection: Connection, report: Birth | GateState, now_ms: int
    ) -> list[Message]:
        """Return what a gate lacks that reports its versions: an earlier message may have been
        lost. A gate that has just connected is sent the time at once."""
        missing: list[Message] = []
        if self._keys is not None and report.keys_version < self._keys.version:
            steps = key_sets.offers(connection, report.keys_version)
            missing += [KeysOffer(step.sealed) for step in steps]
        if self._rules is not None and report.rules_version < self._rules.version:
            missing.append(RulesOffer(self._rules.sealed))
        if isinstance(report, Birth):
            missing.append(self._beacon(now_ms))
        return missing
