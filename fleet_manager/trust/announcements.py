"""What every gate must have besides its lists: the rule book, and the beacon that says what is
newest. Made when due, sent when missing."""

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
    """Used by the collector's thread alone. `newest` gives the version of each list that gates
    should have: asked whenever a beacon is signed, so that none names an older one. `outdated`:
    another key set was published; it takes effect with keys read anew."""

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

    def look(self, connection: Connection) -> None:
        """Once a second: learn what is newest in the tables, and what is due."""
        [(wanted, made, keys)] = store.run(connection, _VERSIONS, {})
        self._book_is_due = wanted > (made or 0)
        if not self._book_is_due and made and (self._book is None or self._book.version != made):
            self._book = rules.newest(connection)
        self.outdated = (keys or 0) != (0 if self._keys is None else self._keys.version)

    @property
    def book_is_due(self) -> bool:
        """Whether rules were set since the newest book was made."""
        return self._book_is_due

    def make_book(self, connection: Connection, now_ms: int) -> None:
        """Make the next rule book."""
        self._book = rules.make(connection, self._vault.list, now_ms)

    def refresh(self, now_ms: int) -> list[Message]:
        """Return what is new to every gate since the last call, a beacon last."""
        book = self._book
        news: list[Message] = []
        if book is not None and book != self._rules:
            news.append(RulesOffer(book.sealed))
        lists = self._newest()
        changed = bool(news) or lists != self._lists
        self._rules, self._lists = book, lists
        late = self._beacon_ms is None or not 0 <= now_ms - self._beacon_ms < BEACON_EVERY_MS
        if changed or late:
            self._beacon_ms = now_ms
            news.append(self._beacon(now_ms))
        return news

    def _beacon(self, now_ms: int) -> BeaconMessage:
        version = 0 if self._rules is None else self._rules.version
        signer = self._vault.list
        keys = 0 if self._keys is None else self._keys.version
        said = Beacon(now_ms, tuple(sorted(self._newest().items())), version, keys)
        return BeaconMessage(beacon.seal(said, signer.id, signer.sign))

    def every(self, now_ms: int) -> list[Message]:
        """For a gate of which nothing is known."""
        news: list[Message] = []
        if self._keys is not None:
            news.append(KeysOffer(self._keys.sealed))
        if self._rules is not None:
            news.append(RulesOffer(self._rules.sealed))
        return [*news, self._beacon(now_ms)]

    def missing(
        self, connection: Connection, told: Birth | GateState, now_ms: int
    ) -> list[Message]:
        """What a gate does not have that tells its versions: what was sent may have been lost. A
        gate that has just come hears the time at once."""
        missing: list[Message] = []
        if self._keys is not None and told.keys_version < self._keys.version:
            step = key_sets.following(connection, told.keys_version)
            if step is not None:
                missing.append(KeysOffer(step.sealed))
        if self._rules is not None and told.rules_version < self._rules.version:
            missing.append(RulesOffer(self._rules.sealed))
        if isinstance(told, Birth):
            missing.append(self._beacon(now_ms))
        return missing
