"""What every gate must have besides its lists: the rule book. Made when due, sent when missing."""

from fleet_manager import rules
from fleet_manager.store import Store
from fleet_manager.vault import Vault
from gate_agent.validator.messages import Birth, Message, RulesOffer, State


class Bulletins:
    """Used by the collector's thread alone."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._rules: rules.Published | None = None

    def refresh(self, now_ms: int) -> list[Message]:
        """Once a second: make what is due. Gives what is new to every gate."""
        with self._store.read() as connection:
            due = rules.is_due(connection)
            book = rules.newest(connection)
        if due:
            with self._store.write() as connection:
                book = rules.make(connection, self._vault.list, now_ms)
        news: list[Message] = []
        if book is not None and book != self._rules:
            news.append(RulesOffer(book.sealed))
        self._rules = book
        return news

    def every(self) -> list[Message]:
        """For a gate of which nothing is known."""
        return [] if self._rules is None else [RulesOffer(self._rules.sealed)]

    def missing(self, told: Birth | State) -> list[Message]:
        """What a gate does not have that tells its versions: what was sent may have been lost."""
        if self._rules is None or told.rules_version >= self._rules.version:
            return []
        return [RulesOffer(self._rules.sealed)]
