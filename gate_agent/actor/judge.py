"""Bring what was shown and what this gate knows together for a decision.

Nothing here needs the network: lists, keys and histories are those that are on the board.
"""

from collections.abc import Callable

from gate_agent.actor.spellings import CAPS, spellings
from gate_agent.health import Health
from gate_agent.journal.station_history import StationHistory
from gate_agent.lists.in_force import ListsInForce
from gate_agent.ports import Clock
from gate_agent.trust.in_force import Trust
from gate_agent.validator.decide import (
    Decision,
    Denied,
    Granted,
    LaneRules,
    authenticate,
    decide,
    unseen_reason,
)
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.passage import Direction
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.holder import holder_tag
from gate_agent.validator.tickets.manual_code import check_number, unseen
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.keys import KeyMode, KeyUse

NEWER_PRINTS = 2
"""How often a ticket may have been printed again since the list was made."""


class Judge:
    """Makes decisions from `trust`, `lists` and `history`. `pepper`: for holder tags and printed
    check digits; None where the gate checks none. `claimed`: persons for whom a lane waits for the
    centre's answer about a ticket at the moment."""

    def __init__(
        self,
        trust: Trust,
        lists: ListsInForce,
        history: StationHistory,
        clock: Clock,
        health: Health,
        *,
        pepper: bytes | None,
        claimed: Callable[[bytes], int] = lambda _ticket: 0,
    ) -> None:
        self._trust = trust
        self._lists = lists
        self._history = history
        self._clock = clock
        self._health = health
        self._pepper = pepper
        self._claimed = claimed

    @property
    def list_version(self) -> int:
        """Version of the park's own list in force, 0 for none."""
        return self._lists.version()

    @property
    def decision_basis(self) -> tuple[object, ...]:
        """The lists in force and the versions of rules and keys: when it differs, a decision that
        was made before may be another one now."""
        return self._lists.in_force(), self._trust.rules.version, self._trust.keys_version

    def code(self, code: bytes, rules: LaneRules) -> Decision:
        """Return the decision on a scanned code: as it came, if that is a ticket; else without what
        a scanner adds to it. Raises JournalError if the history cannot be read."""
        refusal = Denied(Reason.ALIEN)
        for text, additions in spellings(code):
            ticket = self._authenticated(text)
            if isinstance(ticket, Denied):
                # Small letters are as good a sign of a foreign code: only a ticket proves the key.
                if CAPS not in additions:
                    refusal = ticket
                continue
            for addition in additions:
                self._health.count(f"scanner adds {addition}")
            return self._decide(ticket, rules, None)
        return refusal

    def _authenticated(self, code: bytes) -> Ticket | Denied:
        """Return the ticket in a code that is signed, or listed, which says as much."""
        ticket = authenticate(code, self._trust.ring)
        if isinstance(ticket, Denied):
            listed = self._lists.find_ticket(code) if ticket.reason is Reason.ALIEN else None
            return ticket if listed is None else listed
        self._take_issue_time(ticket)
        return ticket

    def _take_issue_time(self, ticket: Ticket) -> None:
        """Tell the clock when the ticket was issued, if that was after the list was made: one that
        is listed cannot have been issued later."""
        issued_ms = ticket.issued_at * 1000
        if issued_ms > self._clock.now().bound_ms:
            listing = self._lists.listing(ticket)
            if listing is not None and listing.status is TicketStatus.BEYOND:
                self._clock.take_issue_time(issued_ms, ticket.id)

    def document(self, ticket: Ticket, rules: LaneRules, document: str, number: str) -> Decision:
        """Return the decision on a ticket whose holder showed the `document` (its kind) with this
        `number`. Raises JournalError."""
        if self._pepper is None:
            self._health.fault("holder check", "this gate has no pepper")
            return Denied(Reason.HOLDER_MISMATCH, ticket)
        try:
            tag = holder_tag(self._pepper, ticket.serial, document, number)
        except WireError:
            self._health.count("document unreadable")
            return Denied(Reason.HOLDER_MISMATCH, ticket)
        return self._decide(ticket, rules, tag)

    def typed(self, serial: int, check: int, rules: LaneRules) -> Decision:
        """Return the decision on a printed number that staff typed: at an entrance always a
        refusal, which staff may override; at an exit a grant. Raises JournalError."""
        ticket = self._printed(serial, check)
        if ticket is None:
            return Denied(Reason.MISTYPED)
        history = self._history.of(ticket.id)
        if rules.direction is Direction.OUT:
            return Granted(ticket=ticket, persons=max(1, history.inside))
        listing = self._lists.listing(ticket)
        return Denied(unseen_reason(ticket, listing, history), ticket)

    def _printed(self, serial: int, check: int) -> Ticket | None:
        """Return the ticket that this number was printed on; prints newer than the list are tried
        too."""
        if self._pepper is None:
            self._health.fault("typed code", "this gate has no pepper")
            return None
        for key in self._trust.ring:
            if key.use is KeyUse.TICKET:
                listing = self._lists.listing(unseen(key.id, serial, 0))
                newest = (0 if listing is None else listing.min_issue) + NEWER_PRINTS
                for issue in range(min(newest, 255) + 1):
                    if check_number(self._pepper, key.id, serial, issue) == check:
                        return unseen(key.id, serial, issue)
        return None

    def _decide(self, ticket: Ticket, rules: LaneRules, tag: bytes | None) -> Decision:
        history = self._history.of(ticket.id).with_reserved(self._claimed(ticket.id))
        listing, trust = self._lists.listing(ticket), self._trust
        vouched_ms = 0
        if listing is not None:
            vouched_ms = trust.vouching.vouched_ms(listing.series, listing.version)
        key = trust.ring.find(KeyUse.TICKET, ticket.key_id)
        return decide(
            ticket,
            listing,
            history,
            rules,
            self._clock.now(),
            holder_tag=tag,
            rules=trust.rules.of(ticket.product),
            vouched_ms=vouched_ms,
            mode=KeyMode.SIG if key is None else key.mode,
        )
