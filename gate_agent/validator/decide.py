"""The decision: may this ticket pass this lane now? The order of the checks is written here once.

    parse -> verify -> list -> time -> place -> uses -> holder

A refusal is a value. The first check that fails gives the one reason.
"""

from dataclasses import dataclass, field
from datetime import tzinfo

from gate_agent.validator.errors import WireError
from gate_agent.validator.history import History
from gate_agent.validator.lists.listing import Listing
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.moment import ClockState, Moment, park_day
from gate_agent.validator.passage import Direction
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.ticket import PREFIX, Ticket, parse, to_sign
from gate_agent.validator.trust.keys import KeyMode, KeyRing, KeyUse
from gate_agent.validator.trust.rule_book import DEFAULT, Freshness, Rules, TooOld
from gate_agent.validator.uses import Entitlement, judge_uses


@dataclass(frozen=True, slots=True)
class LaneRules:
    """The lane, as far as the decision depends on it. `direction`: into the park or out of it.
    `zone`: number of the zone it leads into, 0 to 15. `time_zone`: the park's, for calendar
    days."""

    direction: Direction
    zone: int
    time_zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """`persons` may pass. `reentry`: at least one has been in today. `provisional`: the ticket
    was sold after the list in force was made. `freshness`: of that list, by the product's
    rules. `overridden_reason`: what soft anti-passback has overlooked. `right`: what the centre
    must be asked about before they pass; None if it need not be. `share`: how many of them this
    gate may let in without its answer."""

    ticket: Ticket
    persons: int
    reentry: bool = False
    provisional: bool = False
    freshness: Freshness = Freshness.FRESH
    overridden_reason: Reason | None = None
    right: Entitlement | None = field(default=None, compare=False)
    share: int = field(default=0, compare=False)

    @property
    def alone(self) -> int:
        """Return how many of the persons may pass without the centre's answer."""
        limited = self.right is not None and self.right.share
        return min(self.persons, self.share) if limited else self.persons


@dataclass(frozen=True, slots=True)
class HolderNeeded:
    """Every check so far has passed; the visitor must now show the document that the ticket is
    bound to."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Denied:
    """Refused, with exactly one reason. `ticket`: None unless its signature is valid."""

    reason: Reason
    ticket: Ticket | None = None


Decision = Granted | HolderNeeded | Denied

_BY_STATUS = {
    TicketStatus.UNKNOWN: Reason.UNLISTED,
    TicketStatus.VOID: Reason.VOID,
    TicketStatus.SUSPENDED: Reason.SUSPENDED,
}


def authenticate(code: bytes, ring: KeyRing) -> Ticket | Denied:
    """Return the ticket in a scanned code if a trusted ticket key signed it, else why not."""
    if not code.startswith(PREFIX):
        return Denied(Reason.ALIEN)
    try:
        signed = parse(code)
    except WireError:
        return Denied(Reason.TORN)
    ticket = signed.ticket
    key = ring.find(KeyUse.TICKET, ticket.key_id)
    if key is None:
        return Denied(Reason.UNKNOWN_KEY)
    if not key.signed(signed.signature, to_sign(ticket, key.owner)):
        return Denied(Reason.FORGED)
    if key.mode is KeyMode.LIST_ONLY and (
        ticket.issued_at > key.until_s or ticket.serial > key.last_serial
    ):
        return Denied(Reason.UNKNOWN_KEY)
    return ticket


def decide(
    ticket: Ticket,
    listing: Listing | None,
    history: History,
    lane: LaneRules,
    now: Moment,
    *,
    holder_tag: bytes | None = None,
    rules: Rules = DEFAULT,
    vouched_ms: int = 0,
    mode: KeyMode = KeyMode.SIG,
) -> Decision:
    """Return whether a ticket may pass a lane at `now`, and for how many persons; or the reason why
    not.

    `ticket`: from `authenticate`, or from a list that contains the code. `listing`: the ticket's
    entry in its list, None without a list. `history`: of the ticket, as this journal knows it.
    `holder_tag`: made from the document that the visitor showed, None before one is asked for.
    `rules`: of the ticket's product. `vouched_ms`: when the centre last confirmed that the list in
    force is its newest, ms since 1970. `mode`: how far the key that signed the ticket is trusted.

    An exit opens for every ticket with a valid signature: nobody is locked in.
    """
    if lane.direction is Direction.OUT:
        return Granted(
            ticket=ticket, persons=min(history.persons_inside or ticket.admits, ticket.admits)
        )
    if listing is None:
        return Denied(Reason.NO_LIST, ticket)
    # By what has surely passed: a clock that is ahead must not make every list too old.
    freshness = rules.freshness(now.bound_ms - max(vouched_ms, listing.as_of_ms))
    reason = (
        _list_reason(ticket, listing, rules, freshness, mode)
        or _time_reason(ticket, now)
        or _place_reason(ticket, lane)
    )
    if reason is not None:
        return Denied(reason, ticket)
    entitlement = _entitlement(ticket, listing, rules)
    day = park_day(now.wall_ms, lane.time_zone)
    allowance = judge_uses(entitlement, history, day, now.wall_ms)
    if isinstance(allowance, Reason):
        return Denied(allowance, ticket)
    bound_to = listing.holder_tag or ticket.holder_tag
    if bound_to is not None and rules.identity:
        if holder_tag is None:
            return HolderNeeded(ticket)
        if holder_tag != bound_to:
            return Denied(Reason.HOLDER_MISMATCH, ticket)
    return Granted(
        ticket=ticket,
        persons=allowance.persons,
        reentry=allowance.reentry,
        provisional=listing.status is TicketStatus.BEYOND,
        freshness=freshness,
        overridden_reason=allowance.overridden_reason,
        right=entitlement if rules.claim or entitlement.share else None,
        share=max(0, entitlement.share - history.alone),
    )


def _entitlement(ticket: Ticket, listing: Listing, rules: Rules) -> Entitlement:
    """Return the entitlement that the ticket, its listing and its product's rules give. Only team
    tickets have a share."""
    share = rules.partition_share if ticket.admits > 1 else 0
    return Entitlement(
        policy=ticket.entry_policy,
        admits=ticket.admits,
        extra=listing.extra,
        passback=rules.passback,
        passback_ms=rules.passback_ms,
        share=share,
    )


def unseen_reason(ticket: Ticket, listing: Listing | None, history: History) -> Reason:
    """Return why a ticket of which only the number is known does not pass without staff. Its entry
    policy is unknown, so a ticket that has been in once counts as used. `TYPED`: nothing speaks
    against it."""
    if listing is None:
        return Reason.NO_LIST
    reason = _list_reason(ticket, listing, DEFAULT, Freshness.FRESH, KeyMode.SIG)
    if reason is not None:
        return reason
    if history.reserved:
        return Reason.PASSING
    return Reason.USED if history.entered else Reason.TYPED


def _list_reason(
    ticket: Ticket, listing: Listing, rules: Rules, freshness: Freshness, mode: KeyMode
) -> Reason | None:
    """Return why the list refuses the ticket, None if it does not."""
    if freshness is Freshness.TOO_OLD and rules.too_old is TooOld.DENY:
        return Reason.LIST_TOO_OLD
    if listing.status in _BY_STATUS:
        return _BY_STATUS[listing.status]
    if ticket.issue < listing.min_issue:
        return Reason.SUPERSEDED
    if listing.status is TicketStatus.BEYOND and mode is not KeyMode.SIG:
        return Reason.UNLISTED
    return None


def _time_reason(ticket: Ticket, now: Moment) -> Reason | None:
    """Return EXPIRED, NOT_YET or None. A valid ticket is never refused because the board's clock is
    behind: expiry is compared with a time that has surely passed, and the beginning only with a
    trusted clock."""
    if now.bound_ms >= ticket.expires_at * 1000:
        return Reason.EXPIRED
    if now.state is ClockState.TRUSTED and now.wall_ms < ticket.not_before * 1000:
        return Reason.NOT_YET
    return None


def _place_reason(ticket: Ticket, lane: LaneRules) -> Reason | None:
    """Return WRONG_ZONE unless the ticket opens the zone that the lane leads into."""
    return None if ticket.zones >> lane.zone & 1 else Reason.WRONG_ZONE
