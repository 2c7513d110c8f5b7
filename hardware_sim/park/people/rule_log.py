"""Which anti-passback was in force at a gate for each of its records."""

from collections import defaultdict

from gate_agent.validator.trust.rule_book import Rules
from hardware_sim.park.board.gate import SimGate

PRODUCT = 1


class RuleLog:
    """Of each card: the rules that were seen in force, and after which record they came. A record
    of the very event that changed them may be by either."""

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[str, int], list[tuple[int, int, Rules]]] = defaultdict(list)
        self._heads: dict[tuple[str, int], int] = {}

    def watch(self, gate: SimGate) -> None:
        """Look at a gate after each event."""
        core = gate.core
        if core is None:
            return
        place, head = (gate.name, len(gate.cards) - 1), core.journal.head
        before, self._heads[place] = self._heads.get(place, 0), head
        rules, seen = core.trust.rules.default, self._seen[place]
        if not seen or seen[-1][2] is not rules:
            seen.append((before, head, rules))

    def at(self, gate: SimGate, card: int, seq: int) -> frozenset[tuple[str, int]]:
        """Return mode and time (ms) of every anti-passback that may have been in force at a
        record."""
        seen = self._seen[gate.name, card]
        # The newest that was surely in force, and all that may have come with the record.
        sure = max((at for at, (_, head, _) in enumerate(seen) if head < seq), default=0)
        may = [rules for before, _, rules in seen[sure:] if before < seq]
        return frozenset(
            (rules.passback.name.lower(), rules.passback_ms)
            for rules in may or [seen[sure][2] if seen else Rules()]
        )
