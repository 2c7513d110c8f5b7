"""What was shown, with what this gate knows, becomes a decision. Reads, and changes nothing."""

from collections.abc import Callable

from gate_agent.health import Health
from gate_agent.journal.journal import Journal
from gate_agent.ports import Clock
from gate_agent.trust.identity import Identity
from gate_agent.uplink.session import Uplink
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
from gate_agent.validator.history import merged
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.passage import Direction
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.holder import holder_tag
from gate_agent.validator.tickets.manual_code import check_number, unseen
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.keys import KeyMode, KeyUse

NEWER_PRINTS = 2
"""A ticket may have been printed again so often since the list was made."""


class Judge:
    """Brings key ring, ticket lists, history and time together for `decide`. `claimed`: persons
    that wait for the centre's word on a ticket at this moment."""

    def __init__(
        self,
        identity: Identity,
        journal: Journal,
        uplink: Uplink,
        clock: Clock,
        health: Health,
        claimed: Callable[[bytes], int] = lambda _ticket: 0,
    ) -> None:
        self._identity = identity
        self._journal = journal
        self._uplink = uplink
        self._clock = clock
        self._health = health
        self._claimed = claimed

    def code(self, code: bytes, rules: LaneRules) -> Decision:
        """The decision on a scanned code. Raises JournalError if the history cannot be read."""
        ticket = authenticate(code, self._uplink.trust.ring)
        if isinstance(ticket, Denied):
            listed = self._uplink.shelf.ticket(code) if ticket.reason is Reason.ALIEN else None
            if listed is None:
                return ticket
            ticket = listed  # authenticated by being listed
        else:
            self._learn_time(ticket)
        return self._decide(ticket, rules, None)

    def _learn_time(self, ticket: Ticket) -> None:
        """Its issue time has passed, if it was sold after the list was made: one that is listed
        cannot have been issued later."""
        issued_ms = ticket.issued_at * 1000
        if issued_ms > self._clock.now().bound_ms:
            listing = self._uplink.shelf.listing(ticket)
            if listing is not None and listing.status is TicketStatus.BEYOND:
                self._clock.issued(issued_ms, ticket.id)

    def document(self, ticket: Ticket, rules: LaneRules, document: str, number: str) -> Decision:
        """The decision on a ticket whose holder showed this. Raises JournalError."""
        if self._identity.pepper is None:
            self._health.fault("holder check", "this gate has no pepper")
            return Denied(Reason.HOLDER_MISMATCH, ticket)
        try:
            tag = holder_tag(self._identity.pepper, ticket.serial, document, number)
        except WireError:
            self._health.count("document unreadable")
            return Denied(Reason.HOLDER_MISMATCH, ticket)
        return self._decide(ticket, rules, tag)

    def typed(self, serial: int, check: int, rules: LaneRules) -> Decision:
        """The decision on a printed number that somebody typed: never more than that staff may
        let it in, but out at an exit. Raises JournalError."""
        ticket = self._printed(serial, check)
        if ticket is None:
            return Denied(Reason.MISTYPED)
        own = self._journal.history(ticket.id)
        history = merged(own, self._uplink.neighbours.history(ticket.id))
        if rules.direction is Direction.OUT:
            return Granted(ticket=ticket, persons=max(1, history.inside))
        listing = self._uplink.shelf.listing(ticket)
        return Denied(unseen_reason(ticket, listing, history), ticket)

    def _printed(self, serial: int, check: int) -> Ticket | None:
        """The ticket that this number was printed on; prints newer than the list are tried too."""
        if self._identity.pepper is None:
            self._health.fault("typed code", "this gate has no pepper")
            return None
        for key in self._uplink.trust.ring:
            if key.use is KeyUse.TICKET:
                listing = self._uplink.shelf.listing(unseen(key.id, serial, 0))
                newest = (0 if listing is None else listing.min_issue) + NEWER_PRINTS
                for issue in range(min(newest, 255) + 1):
                    if check_number(self._identity.pepper, key.id, serial, issue) == check:
                        return unseen(key.id, serial, issue)
        return None

    def _decide(self, ticket: Ticket, rules: LaneRules, tag: bytes | None) -> Decision:
        own = self._journal.history(ticket.id)
        history = merged(own, self._uplink.neighbours.history(ticket.id))
        history = history.with_reserved(self._claimed(ticket.id))
        listing, trust = self._uplink.shelf.listing(ticket), self._uplink.trust
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
