"""Everybody is told what is right: each refusal and each grant at a way in is one that the oracle
allows, and the display said what the record says."""

from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.manual_code import read_manual_code
from gate_agent.validator.tickets.series import MAIN_SERIES
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.keys import KeyMode
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.oracle.answers import Past, Right, Shown, right_answers, right_typed
from hardware_sim.park.oracle.card_story import CardStory
from hardware_sim.park.oracle.in_force import Place, passback_of, rules_of
from hardware_sim.park.oracle.key_trust import TrustedKeys, may_believe, may_doubt, modes_of

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

DIGEST_BYTES = 8
ANSWER_MS = 5000.0
"""So long after a connection has ended an answer of the centre may still count."""
_UNKNOWN, _MISTYPED = {Reason.UNKNOWN_KEY.value}, {Reason.MISTYPED.value}
_BY_NUMBER = frozenset({KeyMode.SIG})
Cards = list[list[Passage]]
_AT_ONCE = (Reason.CLOSED.value, Reason.BUSY.value)


def check(park: "Park") -> list[str]:
    """Check every answer at every way in. A centre that was put back has lists that its gates have
    had already, with another content: then only what displays said is checked."""
    cards = {gate.name: park.by_card(gate) for gate in park.gates}
    answers = [answer for lane in park.lanes for answer in lane.told]
    violations = list(_displayed(cards, answers))
    if park.plan.restore:
        return violations
    return [*violations, *Told(park, cards).check()]


def _displayed(
    cards: dict[str, Cards], answers: list[tuple[SimGate, int, int, Reason]]
) -> Iterator[str]:
    for gate, card, seq, reason in answers:
        row = next(iter(cards[gate.name][card][seq - 1 : seq]), None)
        if row is None or row.kind is not PassageKind.DENIED or row.reason != reason.value:
            yield f"{gate.name}: the display said {reason.key}, record {seq} says {row}"


class Told:
    """Holds what the park's people know: which codes there are, who shows which, when and where."""

    def __init__(self, park: "Park", cards: dict[str, Cards]) -> None:
        self._park = park
        self._cards = cards
        self._codes = {_digest(code): why for code, why in park.strange}
        self._good = {_digest(code): ticket for code, ticket in park.forgeries}
        self._forged = {ticket.id: ticket for _, ticket in park.forgeries}
        self._numbers: dict[bytes, Ticket] = {}
        self._papers: defaultdict[int, set[bool]] = defaultdict(set)
        for visitor in park.visitors:
            if visitor.serial is None or visitor.code is None:
                continue
            self._papers[visitor.serial].add(not visitor.impostor)
            ticket = park.tickets[visitor.serial]
            if ticket.series == MAIN_SERIES:
                self._good[_digest(visitor.code)] = ticket
            if visitor.number_typed is not None:
                serial, check = read_manual_code(visitor.number_typed)
                self._numbers[_digest(f"typed {serial} {check}".encode())] = ticket
        self._used = self._uses()
        self._spoilt = park.used_up | park.claimed

    def _uses(self) -> dict[bytes, list[tuple[float, SimGate, int]]]:
        """Return when and on which card each ticket was granted, or an exemption was made."""
        uses: defaultdict[bytes, list[tuple[float, SimGate, int]]] = defaultdict(list)
        for gate in self._park.gates:
            for card, rows in enumerate(self._cards[gate.name]):
                for row in rows:
                    if row.ticket is not None and row.kind is not PassageKind.DENIED:
                        uses[row.ticket].append((self._true_ms(gate, row), gate, card))
        return uses

    def _true_ms(self, gate: SimGate, row: Passage) -> float:
        return self._park.world.epoch_ms + gate.boots[row.boot] + row.mono_ms

    def check(self) -> Iterator[str]:
        """Yield every answer that was wrong."""
        for gate in self._park.gates:
            for card, rows in enumerate(self._cards[gate.name]):
                for wrong in self._card(gate, card, rows):
                    yield f"{gate.name}: {wrong}"

    def _card(self, gate: SimGate, card: int, rows: list[Passage]) -> Iterator[str]:
        zones = {lane.number: lane.zone for lane in gate.lanes}
        story = CardStory(self._park.day)
        for row in rows:
            if row.kind in (PassageKind.DENIED, PassageKind.GRANTED):
                for wrong in self._answer(gate, card, story, row, zones[row.lane]):
                    yield f"record {row.seq}: {wrong}"
            story.add(row, self._true_ms(gate, row))

    def _answer(
        self, gate: SimGate, card: int, story: CardStory, row: Passage, zone: int
    ) -> Iterator[str]:
        if row.kind is PassageKind.GRANTED and row.detail:
            return  # by staff: `overrides` looks at it
        if row.kind is PassageKind.DENIED:
            yield from self._at_once(story, row)
        elif story.mode(row.lane) in ("closed", "free", "emergency"):
            yield f"granted while the lane was {story.mode(row.lane)}"
        at_once = row.kind is PassageKind.DENIED and row.reason in _AT_ONCE
        if at_once or row.direction is Direction.OUT or row.ticket in self._spoilt:
            return  # what a gate that lies has used up is told as the centre has it
        ticket, sets = self._ticket(row), self._key_sets((gate.name, card), row)
        if row.ticket is None:
            yield from self._stranger(row, sets)
        elif ticket is None or ticket.series != MAIN_SERIES:
            return
        elif row.product is not None and not may_believe(sets, ticket):
            yield f"ticket {ticket.serial} was believed, its key was stolen before"
        elif self._knows_list(gate, row):
            shown = self._shown(gate, card, story, row, ticket=ticket, zone=zone, sets=sets)
            yield from self._judge(row, shown)

    def _at_once(self, story: CardStory, row: Passage) -> Iterator[str]:
        """Check what is said before anything is judged: closed, and one at a time."""
        mode, busy = story.mode(row.lane), story.is_open(row.lane)
        if row.reason == Reason.CLOSED.value and mode != "closed":
            yield f"called closed while the lane was {mode}"
        if row.reason not in _AT_ONCE and mode != "controlled":
            yield f"refused as {Reason(row.reason).key} while the lane was {mode}"
        if row.reason != Reason.BUSY.value and busy:
            yield f"refused as {Reason(row.reason).key} while somebody was in the lane"

    def _key_sets(self, place: Place, row: Passage) -> list[TrustedKeys]:
        """Return how far ticket keys may have been trusted where a record was made."""
        sets, ceremony = self._park.keys.at(place, row.seq), self._park.centre.ceremony
        return [ceremony.trusted_keys(0 if keys is None else keys.version) for keys in sets]

    def _stranger(self, row: Passage, sets: list[TrustedKeys]) -> Iterator[str]:
        """Check the reason of a code that names no ticket that is believed."""
        reasons = self._codes.get(row.code or b"", None)
        if ticket := self._good.get(row.code or b""):
            reasons = _UNKNOWN if may_doubt(sets, ticket) else set()
        if typed := self._numbers.get(row.code or b""):
            reasons = _MISTYPED if any(typed.key_id not in keys for keys in sets) else set()
        if reasons is not None and row.reason not in reasons:
            yield f"a code was refused as {Reason(row.reason).key}"

    def _ticket(self, row: Passage) -> Ticket | None:
        return self._forged.get(row.ticket or b"") or self._park.ticket_of(row)

    def _shown(
        self,
        gate: SimGate,
        card: int,
        story: CardStory,
        row: Passage,
        *,
        ticket: Ticket,
        zone: int,
        sets: list[TrustedKeys],
    ) -> Shown:
        park, true_ms = self._park, self._true_ms(gate, row)
        alone = self._alone(gate, true_ms)
        rough = park.plan.rates is not None and not alone
        papers = self._papers[ticket.serial] if ticket.holder_tag is not None else set()
        elsewhere = any(
            at_ms <= true_ms and (other, of) != (gate, card)
            for at_ms, other, of in self._used.get(ticket.id, ())
        )
        edition = park.centre.editions.get(row.list_version)
        listed = None if edition is None else edition.listed(ticket.serial)
        books = park.rules.at((gate.name, card), row.seq)
        if ticket.serial in park.passed_on and listed is not None:
            papers = {park.passed_on[ticket.serial] == listed.passed_on}
        return Shown(
            ticket=ticket,
            issue=park.prints.get(ticket.serial, 0),
            listed=listed,
            zone=zone,
            wall_ms=row.wall_ms,
            day=park.day.day_hour(row.wall_ms)[0],
            true_ms=true_ms,
            clock=row.clock,
            past=story.past.get(ticket.id) or Past(),
            passback=passback_of(books, ticket.product),
            modes=_BY_NUMBER if row.product is None else modes_of(sets, ticket.key_id),
            centre_said=self._said_by_the_centre(gate, row),
            elsewhere=elsewhere or self._exempt(ticket, true_ms),
            rough=rough or ticket.serial in park.shared,
            listed_ms=park.world.epoch_ms + (-1e18 if edition is None else edition.at_ms),
            fresh_ms=min(rules.fresh_ms for rules in rules_of(books, ticket.product)),
            shares=frozenset(rules.partition_share for rules in rules_of(books, ticket.product)),
            alone=alone,
            papers=None if not papers else papers == {True},
            waited=row.claim > 0 or row.kind is PassageKind.DENIED,
        )

    def _said_by_the_centre(self, gate: SimGate, row: Passage) -> frozenset[int]:
        """Return which reasons the centre named. A refusal does not say by which claim it came, so
        PASSING may always be of a claim for this ticket that found it in use."""
        claims = self._park.claims
        named = frozenset(claims.reasons(gate.name, row.claim))
        return named | {Reason.PASSING.value} if row.ticket in claims.passing else named

    def _alone(self, gate: SimGate, true_ms: float) -> bool:
        """Return whether nobody could tell a gate anything when it decided."""
        at_ms = true_ms - self._park.world.epoch_ms
        return gate.wire.was_down(at_ms - ANSWER_MS, at_ms)

    def _knows_list(self, gate: SimGate, row: Passage) -> bool:
        """Return whether the record says by which list it was judged: it names none while the key
        that signed the list in force is not trusted any more."""
        return row.list_version > 0 or gate.name not in self._park.list_keys_dropped

    def _exempt(self, ticket: Ticket, true_ms: float) -> bool:
        at_ms = self._park.exempted.get(ticket.serial)
        return at_ms is not None and at_ms <= true_ms

    def _judge(self, row: Passage, shown: Shown) -> Iterator[str]:
        serial, reason = shown.ticket.serial, Reason(row.reason) if row.reason else None
        if row.kind is PassageKind.DENIED and row.product is None:
            allowed = right_typed(shown)
            if reason not in allowed:
                yield f"the number of ticket {serial} was told {reason}, not {_names(allowed)}"
            return
        right = right_answers(shown)
        if row.kind is PassageKind.DENIED:
            # What the centre names needs a cause, which `claims` looks for.
            if reason not in right.refusals and row.reason not in shown.centre_said:
                yield f"ticket {serial} was told {reason!r}, not {_names(right.refusals)}"
            return
        if not right.granted:
            yield f"ticket {serial} was let in, not told {_names(right.refusals)}"
            return
        yield from _granted(row, shown, right)


def _granted(row: Passage, shown: Shown, right: Right) -> Iterator[str]:
    """Check what a grant says: how many, whether it was sold after the list, and what was
    overlooked."""
    serial = shown.ticket.serial
    if not right.least <= row.persons <= right.most:
        yield f"ticket {serial} let in {row.persons}, not {right.least} to {right.most}"
    if row.reason not in right.overlooked | shown.centre_said:
        yield f"ticket {serial}: overlooked {row.reason}, not {sorted(right.overlooked)}"
    beyond = shown.listed is not None and shown.listed.beyond
    if row.provisional != beyond:
        yield f"ticket {serial}: provisional is {row.provisional}, it should be {beyond}"
    if row.freshness and shown.true_ms - shown.listed_ms <= shown.fresh_ms:
        yield f"ticket {serial}: a list of {shown.true_ms - shown.listed_ms:.0f} ms is not fresh"
    if row.admits != shown.ticket.admits:
        yield f"ticket {serial} admits {shown.ticket.admits}, the record says {row.admits}"
    sure = row.clock is ClockState.TRUSTED and not shown.past.untrusted and not shown.elsewhere
    if row.reentry and sure and not shown.past.today:
        yield f"ticket {serial} had not been in, the record says that it comes again"


def _digest(code: bytes) -> bytes:
    """Return by what a record names a code."""
    return sha256(code).digest()[:DIGEST_BYTES]


def _names(reasons: set[Reason]) -> str:
    return ", ".join(sorted(reason.key for reason in reasons)) or "let in"
