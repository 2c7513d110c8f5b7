"""A lane, spoken to event by event."""

from typing import Any

from gate_agent.events import (
    Answered,
    DocumentAwaited,
    Expired,
    JudgedAgain,
    LaneEvent,
    Lost,
    Mode,
    ModeSet,
    Moved,
    Overridden,
    PersonsChosen,
    Presented,
    Returned,
    Turned,
)
from gate_agent.lane.state import ClaimPolicy, Lane, LaneState, Step, StepContext
from gate_agent.lane.table import handle
from gate_agent.validator.decide import Decision, Granted
from gate_agent.validator.moment import ClockState, Moment
from gate_agent.validator.passage import Direction, Passage, decode, encode
from gate_agent.validator.tickets.ticket import Ticket

TICKET = Ticket(
    key_id=b"\1\2\3\4",
    serial=7,
    issued_at=1000,
    not_before=960,
    expires_at=4560,
    product=5,
    admits=3,
    group=8,
)
CODE, OTHER = b"12345678", b"abcdefgh"
TRIPOD = Lane(2, Direction.IN, has_arm=True)
HANDHELD = Lane(3, Direction.IN, has_arm=False)
EVENTS: tuple[type[LaneEvent], ...] = (
    Presented, JudgedAgain, Answered, Overridden, DocumentAwaited, PersonsChosen, Moved, Turned,
    Returned, Lost, Expired, ModeSet,
)  # fmt: skip


class Talk:
    """A lane, spoken to in order. Remembers the records; `effects` are those of the last event."""

    def __init__(
        self, lane: Lane = TRIPOD, claim_policy: ClaimPolicy = ClaimPolicy.OFFLINE
    ) -> None:
        self.lane, self.claim_policy = lane, claim_policy
        self.state = LaneState()
        self.now_ms = 1000
        self.rows: list[Passage] = []
        self.effects: list[object] = []

    def tell(self, event: LaneEvent) -> Step:
        now = Moment(1_795_000_000_000 + self.now_ms, self.now_ms, 9, ClockState.TRUSTED, 0)
        context = StepContext(now, len(self.rows) + 1, 4, self.claim_policy)
        step = handle(self.lane, self.state, event, context)
        for row in step.rows:
            assert decode(encode(row)) == row
        self.rows += step.rows
        self.state, self.effects = step.state, list(step.effects)
        return step

    def show(self, decision: Decision, code: bytes = CODE) -> None:
        self.tell(Presented(decision, code))

    def mode(self, mode: Mode) -> None:
        self.tell(ModeSet(mode))

    def later(self, ms: int) -> None:
        """Time passes, and the deadline with it if it falls due."""
        self.now_ms += ms
        if self.state.deadline_ms is not None and self.now_ms >= self.state.deadline_ms:
            self.tell(Expired())

    @property
    def kinds(self) -> list[str]:
        return [row.kind.key for row in self.rows]


def granted(persons: int = 1, **fields: Any) -> Granted:
    return Granted(ticket=TICKET, persons=persons, **fields)
