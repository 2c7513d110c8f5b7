"""PURE. What the centre has promised, and what it should answer to the next claim: summed up from
the records that it holds, and from its own answers, without its tables of claims.

A promise counts until a while after it was made, and, once records of it are here, until its
persons have passed or will not. Which of both a moment at the very end belongs to is not known: so
there is a least and a most that may be promised.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from fleet_manager.station.claims import GRANT_MS, PROMISE_MS
from gate_agent.validator.messages.notes import Claim, ClaimReply
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import POLICIES, EntryRule

SLACK_MS = 1000
_ENTRIES = (PassageKind.TAKEN, PassageKind.UNRESOLVED)
Number = tuple[str, bytes, int]
"""Gate, journal and number of a claim."""


class Stored(NamedTuple):
    """A record of the claimed ticket at the centre. `arrived_ms`: true UTC."""

    gate: str
    journal: bytes
    arrived_ms: float
    row: Passage


@dataclass(slots=True)
class Promise:
    """`least`, `most`: persons, as far as no record says another number; `made_ms`: when it was
    made last, true UTC."""

    ticket: bytes
    least: int
    most: int
    made_ms: int


class ClaimBook:
    """`replies`: every answer by the claim's number. `passing`: tickets of which the centre has
    said that they are being used, with the first time, true UTC ms."""

    def __init__(self) -> None:
        self.replies: defaultdict[Number, list[ClaimReply]] = defaultdict(list)
        self.passing: dict[bytes, float] = {}
        self._reasons: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
        self._promises: dict[Number, Promise] = {}
        self._of_ticket: defaultdict[bytes, set[Number]] = defaultdict(set)

    def answered(self, number: Number, claim: Claim, reply: ClaimReply, now_ms: int) -> None:
        """Write down an answer."""
        self.replies[number].append(reply)
        self._reasons[number[0], number[2]].add(reply.reason)
        if reply.reason == Reason.PASSING.value and not reply.persons:
            self.passing.setdefault(claim.ticket, now_ms)
        if reply.persons:
            before, least, most = self._promises.get(number), reply.persons, reply.persons
            if before is not None and before.ticket == claim.ticket:
                holds = now_ms < before.made_ms + PROMISE_MS - SLACK_MS
                gone = now_ms > before.made_ms + PROMISE_MS + SLACK_MS
                least = max(least, before.least) if holds else least
                most = most if gone else max(most, before.most)
            self._promises[number] = Promise(claim.ticket, least, most, now_ms)
            self._of_ticket[claim.ticket].add(number)

    def reasons(self, gate: str, claim: int) -> frozenset[int]:
        """Return the reasons that the centre named in its answers to a claim of a gate, whatever
        card it had then."""
        return frozenset(self._reasons.get((gate, claim), ()))

    def wrongs(
        self,
        number: Number,
        claim: Claim,
        reply: ClaimReply,
        stored: list[Stored],
        *,
        gates: int,
        now_ms: int,
    ) -> Iterator[str]:
        """Yield what is wrong with an answer, before it is written down."""
        policy = POLICIES[claim.policy]
        if policy.rule is EntryRule.DAILY:
            return
        total = claim.admits * (policy.entries or 1) + claim.extra
        entered = sum(
            row.persons
            for _, _, _, row in stored
            if row.kind in _ENTRIES and row.direction is Direction.IN
        )
        least, most = self._promised(number, claim.ticket, stored, now_ms)
        shares = _shares(claim, stored, gates) if claim.share and claim.admits > 1 else 0
        highest, lowest = (
            max(0, min(min(total - entered - promised, claim.admits) - shares, claim.persons))
            for promised in (least, most)
        )
        words = f"{entered} of {total} have entered, {least} to {most} are promised, {shares} kept"
        if reply.persons > highest:
            yield f"{reply.persons} may come in, {words}"
        # Who enters several times may be kept out by anti-passback, or come in by turns.
        if policy.rule is EntryRule.ONCE and reply.persons < lowest:
            yield f"only {reply.persons} of {claim.persons} may come in, {words}"

    def _promised(
        self, number: Number, ticket: bytes, stored: list[Stored], now_ms: int
    ) -> tuple[int, int]:
        """Return the least and the most persons that are promised to other claims."""
        least = most = 0
        for other in self._of_ticket[ticket]:
            if other != number:
                low, high = _outstanding(other, self._promises[other], stored, now_ms)
                least, most = least + low, most + high
        return least, most


def _outstanding(
    number: Number, promise: Promise, stored: list[Stored], now_ms: int
) -> tuple[int, int]:
    """Return the least and the most persons of a promise who may still come."""
    of_claim = [
        (arrived_ms, row)
        for gate, journal, arrived_ms, row in stored
        if (gate, journal, row.claim) == number
    ]
    least, most, until_ms = promise.least, promise.most, float(promise.made_ms + PROMISE_MS)
    ended = 0
    sure = True
    for arrived_ms, row in of_claim:
        sure = sure and arrived_ms < until_ms - SLACK_MS
        if arrived_ms > until_ms + SLACK_MS:
            break  # it was forgotten before
        until_ms = arrived_ms + GRANT_MS
        if row.kind is PassageKind.GRANTED:
            least = most = row.persons
        else:
            ended += row.persons
    low = max(0, least - ended) if sure and now_ms < until_ms - SLACK_MS else 0
    high = max(0, most - ended) if now_ms < until_ms + SLACK_MS else 0
    return low, high


def _shares(claim: Claim, stored: list[Stored], gates: int) -> int:
    """Return how many persons of a team are kept for gates that may be cut off."""
    alone: defaultdict[str, int] = defaultdict(int)
    for gate, _, _, row in stored:
        if row.alone and row.kind in _ENTRIES and row.direction is Direction.IN:
            alone[gate] += row.persons
    unused = sum(max(0, claim.share - persons) for persons in alone.values())
    return unused + claim.share * max(0, gates - len(alone))
