"""Whom and what this gate believes: the rules in force. Part of the actor; runs on its thread."""

from gate_agent.errors import JournalError
from gate_agent.health import Health
from gate_agent.trust_store import TrustStore
from gate_agent.validator import rule_book
from gate_agent.validator.errors import WireError
from gate_agent.validator.keys import KeyRing
from gate_agent.validator.rule_book import NO_BOOK, RuleBook, open_book

RULES = "rules"


class Trust:
    """`ring`: whose signatures count. `rules`: the rule book in force."""

    def __init__(self, ring: KeyRing, store: TrustStore, health: Health) -> None:
        self.ring = ring
        self.rules: RuleBook = NO_BOOK
        self._store = store
        self._health = health

    def load(self) -> None:
        """Puts what is on disk in force, as far as it is whole; says in the faults what is not."""
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

    def take_rules(self, sealed: bytes) -> bool:
        """A rule book from the centre; gives whether it is in force now for the first time.

        Every check before anything is raised; then disk; then in force. Raises WireError.
        """
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
