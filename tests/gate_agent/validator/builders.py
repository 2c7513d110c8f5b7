"""Tickets, lists and moments to decide about, and strategies that draw any value of a format."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st

from gate_agent.validator.decide import Decision, LaneRules, decide
from gate_agent.validator.history import NEVER_SEEN, History
from gate_agent.validator.lists.listing import Listing
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.moment import END_MS, ClockState, Moment
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.tickets.entry_policy import POLICIES
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.rule_book import DEFAULT, Rules
from tests.vectors.keyring import TICKET

prove = settings(max_examples=200, derandomize=True, database=None, deadline=None)

ZONE = ZoneInfo("Asia/Shanghai")


def ms(text: str, zone: ZoneInfo = ZONE) -> int:
    """`2026-11-23 09:00` on the park's clock as ms since 1970."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 1000


NOON_MS = ms("2026-11-23 12:00")
NOON = NOON_MS // 1000


def trusted(wall_ms: int = NOON_MS) -> Moment:
    """A moment of a board whose clock is right."""
    return Moment(wall_ms, 60_000, 7, ClockState.TRUSTED, wall_ms)


def bounded(bound_ms: int, wall_ms: int | None = None) -> Moment:
    """A moment of a board that only knows what has surely passed."""
    return Moment(wall_ms or bound_ms, 60_000, 7, ClockState.BOUNDED, bound_ms)


def listing(status: TicketStatus = TicketStatus.VALID, **fields: Any) -> Listing:
    """What a list in force says of a ticket."""
    return Listing(status=status, **{"as_of_ms": NOON_MS - 60_000, "version": 3, **fields})


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything `decide` looks at. As it stands, ticket 1 is granted for one person."""

    ticket: Ticket = field(
        default_factory=lambda: Ticket(
            key_id=TICKET.id,
            serial=1,
            issued_at=NOON - 9000,
            not_before=NOON - 3600,
            expires_at=NOON + 3600,
            product=7,
        )
    )
    listing: Listing | None = field(default_factory=listing)
    history: History = NEVER_SEEN
    lane: LaneRules = field(default_factory=lambda: LaneRules(Direction.IN, 0, ZONE))
    now: Moment = field(default_factory=trusted)
    holder_tag: bytes | None = None
    rules: Rules = DEFAULT
    vouched_ms: int = 0

    def but(self, **fields: Any) -> "Scene":
        return replace(self, **fields)

    def with_ticket(self, **fields: Any) -> "Scene":
        return replace(self, ticket=replace(self.ticket, **fields))

    def with_history(self, **fields: Any) -> "Scene":
        return replace(self, history=self.history._replace(**fields))

    def with_lane(self, **fields: Any) -> "Scene":
        return replace(self, lane=replace(self.lane, **fields))

    def with_rules(self, **fields: Any) -> "Scene":
        return replace(self, rules=replace(self.rules, **fields))

    @property
    def decision(self) -> Decision:
        return decide(
            self.ticket,
            self.listing,
            self.history,
            self.lane,
            self.now,
            holder_tag=self.holder_tag,
            rules=self.rules,
            vouched_ms=self.vouched_ms,
        )


# --- strategies --------------------------------------------------------------------------------

U8, U16, U24, U32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 24, 32))
WALL = st.integers(0, END_MS - 1)


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    """Any ticket that the format can hold, signed by the test key."""
    issued_at = draw(U32)
    not_before = issued_at - issued_at % 60 + 60 * draw(st.integers(-(2**23), 2**23 - 1))
    return Ticket(
        key_id=TICKET.id,
        serial=draw(U32),
        issued_at=issued_at,
        not_before=not_before,
        expires_at=not_before + 60 * draw(st.integers(1, 2**24 - 1)),
        product=draw(U16),
        admits=draw(st.integers(1, 65_535)),
        zones=draw(st.integers(1, 65_535)),
        entry_policy=draw(st.sampled_from(sorted(POLICIES.values(), key=lambda p: p.to_byte()))),
        group=draw(st.none() | U32),
        holder_tag=draw(st.none() | st.binary(min_size=4, max_size=4)),
        issue=draw(U8),
    )


@st.composite
def passages(draw: st.DrawFn) -> Passage:
    """Any record that the format can hold."""
    seq = draw(st.integers(1, 2**48 - 1))
    grants = st.integers(1, seq - 1) if seq > 1 else st.nothing()
    eight = st.binary(min_size=8, max_size=8)
    return Passage(
        seq=seq,
        kind=draw(st.sampled_from(PassageKind)),
        lane=draw(U8),
        direction=draw(st.sampled_from(Direction)),
        wall_ms=draw(WALL),
        mono_ms=draw(st.integers(0, 2**48 - 1)),
        boot=draw(U32),
        clock=draw(st.sampled_from(ClockState)),
        persons=draw(U16),
        ticket=draw(st.none() | eight),
        product=draw(st.none() | U16),
        grant=draw(st.none() | grants),
        list_version=draw(U32),
        reason=draw(U8),
        admits=draw(st.integers(1, 65_535)),
        group=draw(st.none() | U32),
        reentry=draw(st.booleans()),
        provisional=draw(st.booleans()),
        code=draw(st.none() | eight),
        detail=draw(st.text(st.characters(codec="utf-8"), max_size=16)),
        freshness=draw(st.integers(0, 2)),
        claim=draw(st.integers(0, 2**56 - 1)),
        alone=draw(st.integers(0, 4)),
    )


CBOR_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats()
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.binary(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=9)
        | st.dictionaries(st.integers(0, 300) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=25,
)
"""Values that `cbor2.dumps` writes, most of them nothing like ours."""
