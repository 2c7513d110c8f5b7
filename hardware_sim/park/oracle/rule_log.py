"""Which anti-passback was in force at a gate for each of its records."""

from collections import defaultdict

from gate_agent.validator.trust.rule_book import Rules

Place = tuple[str, int]
"""A gate, and which of its cards."""


class RuleLog:
    """Of each card: the rules that were seen in force, and after which record they came. A record
    of the very event that changed them may be by either."""

    def __init__(self) -> None:
        self._seen: defaultdict[Place, list[tuple[int, int, Rules]]] = defaultdict(list)
        self._heads: defaultdict[Place, int] = defaultdict(int)

    def watch(self, place: Place, head: int, rules: Rules) -> None:
        """Look at a gate after each event: its newest record, and its rules."""
        before, self._heads[place] = self._heads[place], head
        seen = self._seen[place]
        if not seen or seen[-1][2] is not rules:
            seen.append((before, head, rules))

    def at(self, place: Place, seq: int) -> frozenset[tuple[str, int]]:
        """Return mode and time (ms) of every anti-passback that may have been in force at a
        record."""
        seen = self._seen[place]
        # The newest that was surely in force, and all that may have come with the record.
        sure = max((at for at, (_, head, _) in enumerate(seen) if head < seq), default=0)
        may = [rules for before, _, rules in seen[sure:] if before < seq]
        if not may:
            may = [seen[sure][2]] if seen else [Rules()]
        return frozenset((rules.passback.name.lower(), rules.passback_ms) for rules in may)
