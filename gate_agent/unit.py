"""A lane with the parts that serve it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gate_agent.errors import DriverFault
from gate_agent.events import Show, Sign
from gate_agent.health import Health
from gate_agent.lane_state import Lane, LaneState, Phase
from gate_agent.ports import Arm, Display
from gate_agent.validator.decide import Decision, Granted, LaneRules
from gate_agent.validator.passage import Direction

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class LaneUnit:
    """A lane with its parts, and the state it is in. `readers`: names of the devices that read
    tickets at it; while none of them works, nobody is asked to show one."""

    lane: Lane
    rules: LaneRules
    arm: Arm | None = None
    displays: Sequence[Display] = ()
    state: LaneState = field(default_factory=LaneState)
    readers: frozenset[str] = frozenset()
    broken: set[str] = field(default_factory=set)

    def claimed(self, ticket: bytes) -> int:
        """Persons for whom this lane asks the centre about a ticket at the moment."""
        decision = None if self.state.pending is None else self.state.pending.decision
        if isinstance(decision, Granted) and decision.ticket.id == ticket:
            return decision.persons
        return 0

    def judged_again(self) -> Decision | None:
        """What is decided now on the one who waits for the centre's word, who is not counted as
        waiting himself; None if nobody waits. Raises JournalError."""
        waiting = self.state
        if waiting.pending is None or waiting.pending.again is None:
            return None
        self.state = replace(waiting, pending=None)
        try:
            return waiting.pending.again()
        finally:
            self.state = waiting

    def out_of_order(self, health: Health) -> None:
        """Nothing can be recorded: who waits for the centre's word has to come again."""
        if self.state.phase is Phase.CLAIMING:
            self.state = replace(self.state, phase=Phase.IDLE, pending=None, deadline_ms=None)
        self.show(Show(Sign.OUT_OF_ORDER), health)

    def reader_works(self, device: str, *, works: bool) -> bool:
        """Whether what the lane shows at rest changes with it."""
        if device not in self.readers:
            return False
        before = self._blind
        (self.broken.discard if works else self.broken.add)(device)
        if self._blind is before:
            return False
        state = "is out of order: no reader works" if self._blind else "reads tickets again"
        _log.warning("lane %d %s", self.lane.number, state)
        return True

    def tell_mode(self, why: str) -> None:
        """Write to the log which mode the lane is in now, and why."""
        _log.warning("lane %d is %s: %s", self.lane.number, self.state.mode.value, why)

    @property
    def _blind(self) -> bool:
        return bool(self.readers) and self.readers <= self.broken

    def show(self, show: Show, health: Health) -> None:
        """On every display; one that does not obey is a fault."""
        if show.sign is Sign.READY and self._blind:
            show = Show(Sign.OUT_OF_ORDER)
        for display in self.displays:
            try:
                display.show(show)
            except DriverFault as error:
                health.fault(f"display {self.lane.number}", str(error))
            else:
                health.recover(f"display {self.lane.number}")

    def release(self, health: Health) -> None:
        """One pulse; an arm that does not obey is a fault, and the visitor is told."""
        if self.arm is None:
            return
        try:
            self.arm.release()
        except DriverFault as error:
            health.fault(f"release {self.lane.number}", str(error))
            self.show(Show(Sign.OUT_OF_ORDER), health)
        else:
            health.recover(f"release {self.lane.number}")

    @property
    def doing(self) -> tuple[str, str]:
        """Mode and phase."""
        return self.state.mode.value, self.state.phase.value

    def told(self) -> dict[str, object]:
        """How it is, for a status document."""
        mode, phase = self.doing
        way = self.lane.direction.name.lower()
        return {"number": self.lane.number, "mode": mode, "phase": phase, "direction": way}

    def turn(self, direction: Direction) -> None:
        """Lead the other way from now on: a lane without an arm, between two visitors."""
        if self.arm is None and self.state.phase is Phase.IDLE:
            self.lane = replace(self.lane, direction=direction)
            self.rules = replace(self.rules, direction=direction)
