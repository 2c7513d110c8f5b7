"""The decision: may this ticket pass this lane now? The order of the checks is written here once.

    parse -> verify -> list -> time -> place -> uses -> holder

A refusal is a value. The first check that fails gives the one reason.
"""

from dataclasses import dataclass
from datetime import tzinfo

from gate_agent.validator.entry_policy import EntryRule
from gate_agent.validator.errors import WireError
from gate_agent.validator.history import History
from gate_agent.validator.keys import KeyRing, Mode, Use
from gate_agent.validator.listing import Listing
from gate_agent.validator.moment import ClockState, Moment, park_day
from gate_agent.validator.passage import Direction
from gate_agent.validator.reasons import Reason
from gate_agent.validator.rule_book import DEFAULT, Freshness, Passback, Rules, TooOld
from gate_agent.validator.ticket import PREFIX, Ticket, parse, to_sign
from gate_agent.validator.ticket_list import Status


@dataclass(frozen=True, slots=True)
class LaneRules:
    """What the decision must know of the lane. `zone`: number of the zone it leads into, 0 to
    15."""

    direction: Direction
    zone: int
    time_zone: tzinfo


@dataclass(frozen=True, slots=True)
class Granted:
    """`persons` may pass. `reentry`: at least one has been in today. `provisional`: the ticket
    was sold after the list in force was made. `freshness`: of that list, by the product's
    rules."""

    ticket: Ticket
    persons: int
    reentry: bool = False
    provisional: bool = False
    freshness: Freshness = Freshness.FRESH


@dataclass(frozen=True, slots=True)
class HolderNeeded:
    """Everything holds so far; now the person must show the document that the ticket names."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Denied:
    """Refused, with exactly one reason. `ticket`: if its signature held."""

    reason: Reason
    ticket: Ticket | None = None


Decision = Granted | HolderNeeded | Denied

_BY_STATUS = {
    Status.UNKNOWN: Reason.UNLISTED,
    Status.VOID: Reason.VOID,
    Status.SUSPENDED: Reason.SUSPENDED,
}


def authenticate(code: bytes, ring: KeyRing) -> Ticket | Denied:
    """The ticket in a scanned code, if a trusted ticket key signed it."""
    if not code.startswith(PREFIX):
        return Denied(Reason.ALIEN)
    try:
        signed = parse(code)
    except WireError:
        return Denied(Reason.TORN)
    ticket = signed.ticket
    key = ring.find(Use.TICKET, ticket.key_id)
    if key is None:
        return Denied(Reason.UNKNOWN_KEY)
    if not key.signed(signed.signature, to_sign(ticket, key.owner)):
        return Denied(Reason.FORGED)
    if key.mode is Mode.LIST_ONLY and (
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
    holder_tag: bytes | None = None,
    rules: Rules = DEFAULT,
    vouched_ms: int = 0,
    mode: Mode = Mode.SIG,
) -> Decision:
    """`ticket` comes from `authenticate`, or from a list that knows the code; `listing` is what its
    list says of it, None without a list; `history` is this journal's; `holder_tag` is made from
    the document that the person showed, None before one was asked for. `rules`: of the ticket's
    product. `vouched_ms`: when the centre last said that the list in force is its newest. `mode`:
    how far the key that signed the ticket is trusted.

    An exit opens for every well-signed ticket: nobody is locked in.
    """
    if lane.direction is Direction.OUT:
        return Granted(ticket, min(history.inside or ticket.admits, ticket.admits))
    if listing is None:
        return Denied(Reason.NO_LIST, ticket)
    # By what has surely passed: a clock that is ahead must not make every list too old.
    freshness = rules.freshness(now.bound_ms - max(vouched_ms, listing.as_of_ms))
    reason = _list_reason(ticket, listing, rules, freshness)
    if listing.status is Status.BEYOND and mode is not Mode.SIG:
        reason = reason or Reason.UNLISTED
    reason = reason or _time_reason(ticket, now)
    if reason is None and not ticket.zones >> lane.zone & 1:
        reason = Reason.WRONG_ZONE
    if reason is not None:
        return Denied(reason, ticket)
    uses = _uses(ticket, listing.extra, history, lane, now, rules)
    if isinstance(uses, Reason):
        return Denied(uses, ticket)
    wanted = listing.holder_tag or ticket.holder_tag
    if wanted is not None and rules.identity:
        if holder_tag is None:
            return HolderNeeded(ticket)
        if holder_tag != wanted:
            return Denied(Reason.HOLDER_MISMATCH, ticket)
    persons, reentry = uses
    provisional = listing.status is Status.BEYOND
    return Granted(ticket, persons, reentry, provisional, freshness)


def _list_reason(
    ticket: Ticket, listing: Listing, rules: Rules, freshness: Freshness
) -> Reason | None:
    if freshness is Freshness.TOO_OLD and rules.too_old is TooOld.DENY:
        return Reason.LIST_TOO_OLD
    refused = _BY_STATUS.get(listing.status)
    if refused is None and ticket.issue < listing.min_issue:
        return Reason.SUPERSEDED
    return refused


def _time_reason(ticket: Ticket, now: Moment) -> Reason | None:
    """A valid ticket is never refused because the board's clock is behind: expiry is checked
    against what has surely passed, not-before only when the clock is trusted."""
    if now.bound_ms >= ticket.expires_at * 1000:
        return Reason.EXPIRED
    if now.state is ClockState.TRUSTED and now.wall_ms < ticket.not_before * 1000:
        return Reason.NOT_YET
    return None


def _uses(
    ticket: Ticket,
    extra: int,
    history: History,
    lane: LaneRules,
    now: Moment,
    rules: Rules,
) -> tuple[int, bool] | Reason:
    """(persons that may pass now, whether that is a re-entry), or why nobody may. `extra`: entries
    given on top, which a ticket that is good every day does not need."""
    policy = ticket.entry_policy
    if policy.rule is EntryRule.ONCE:
        left = min(ticket.admits, ticket.admits + extra - history.entered - history.reserved)
        if left > 0:
            return left, False
        return Reason.PASSING if history.reserved else Reason.USED
    today = 0
    if history.entered_today and history.day == park_day(now.wall_ms, lane.time_zone):
        today = history.entered_today
    budget = ticket.admits
    if policy.rule is EntryRule.COUNTED:
        budget = ticket.admits * policy.entries + extra - history.entered - history.reserved
        if budget <= 0:
            return Reason.PASSING if history.reserved else Reason.USED
    first = ticket.admits - today - history.reserved
    if first > 0:
        return min(first, budget), False
    if history.reserved:
        return Reason.PASSING
    if policy.exit_required and history.inside >= ticket.admits:
        return Reason.INSIDE
    soon = abs(now.wall_ms - history.last_in_ms) < rules.passback_ms
    if rules.passback is Passback.HARD and not history.left_since and soon:
        return Reason.PASSBACK
    back = ticket.admits - history.inside if policy.exit_required else ticket.admits
    return min(back, budget), True
