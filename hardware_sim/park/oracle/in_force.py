"""What was in force at a gate for each of its records: rule books, and key sets."""

from collections import defaultdict
from typing import Generic, TypeVar

from gate_agent.validator.trust.rule_book import RuleBook, Rules

Place = tuple[str, int]
"""A gate, and which of its cards."""
T = TypeVar("T")


class InForceLog(Generic[T]):
    """Of each card: what was seen in force, and after which record it came. A record of the very
    event that changed it may be by either. `first`: before anything was seen."""

    def __init__(self, first: T) -> None:
        self._first = first
        self._seen: defaultdict[Place, list[tuple[int, int, T]]] = defaultdict(list)
        self._heads: defaultdict[Place, int] = defaultdict(int)

    def watch(self, place: Place, head: int, value: T) -> None:
        """Look at a gate after each event: its newest record, and what is in force."""
        before, self._heads[place] = self._heads[place], head
        seen = self._seen[place]
        if not seen or seen[-1][2] is not value:
            seen.append((before, head, value))

    def at(self, place: Place, seq: int) -> list[T]:
        """Return everything that may have been in force at a record."""
        seen = self._seen[place]
        # The newest that was surely in force, and all that may have come with the record.
        sure = max((at for at, (_, head, _) in enumerate(seen) if head < seq), default=0)
        may = [value for before, _, value in seen[sure:] if before < seq]
        if not may:
            may = [seen[sure][2]] if seen else [self._first]
        return may


def rules_of(books: list[RuleBook], product: int) -> list[Rules]:
    """Return the rules of a product in each of these books: its own, else those of every one."""
    return [book.products.get(product) or book.default for book in books]


def passback_of(books: list[RuleBook], product: int) -> frozenset[tuple[str, int]]:
    """Return mode and time (ms) of a product's anti-passback in each of these books."""
    every = rules_of(books, product)
    return frozenset((rules.passback.name.lower(), rules.passback_ms) for rules in every)
