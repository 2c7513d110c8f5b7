"""A lane with the parts that serve it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault
from gate_agent.health import Health
from gate_agent.lane.state import Lane, LaneState, Phase
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
        """Return for how many persons this lane waits for the centre's answer about a ticket."""
        decision = None if self.state.pending is None else self.state.pending.decision
        if isinstance(decision, Granted) and decision.ticket.id == ticket:
            return decision.persons
        return 0

    def judged_again(self) -> Decision | None:
        """Return the decision by now on the visitor who waits for the centre's answer; None if
        nobody waits. The visitor's own claim is not counted against the ticket. Raises
        JournalError."""
        waiting = self.state
        if waiting.pending is None or waiting.pending.again is None:
            return None
        self.state = replace(waiting, pending=None)
        try:
            return waiting.pending.again()
        finally:
            self.state = waiting

    def out_of_order(self, health: Health) -> None:
        """Show that nothing can be recorded; a visitor who waits for the centre must come again."""
        if self.state.phase is Phase.CLAIMING:
            self.state = replace(self.state, phase=Phase.IDLE, pending=None, deadline_ms=None)
        self.show(Show(Sign.OUT_OF_ORDER), health)

    def reader_works(self, device: str, *, works: bool) -> bool:
        """Note that a device works or not; return whether what the lane shows at rest changes."""
        if device not in self.readers:
            return False
        before = self._blind
        (self.broken.discard if works else self.broken.add)(device)
        if self._blind is before:
            return False
        state = "is out of order: no reader works" if self._blind else "reads tickets again"
        _log.warning("lane %d %s", self.lane.number, state)
        return True

    def log_mode(self, reason: str) -> None:
        """Write to the log which mode the lane is in now, and why."""
        _log.warning("lane %d is %s: %s", self.lane.number, self.state.mode.value, reason)

    @property
    def _blind(self) -> bool:
        return bool(self.readers) and self.readers <= self.broken

    def show(self, show: Show, health: Health) -> None:
        """Show it on every display; one that does not obey is a fault."""
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
        """Give the arm one pulse; if it does not obey, that is a fault, and the lane shows it."""
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

    def status(self) -> dict[str, object]:
        """Return number, mode, phase and direction, for a status document; of a team whose staff
        are asked how many go through also the grant's record, the number chosen and the most."""
        mode, phase = self.doing
        direction = self.lane.direction.name.lower()
        status: dict[str, object] = {
            "number": self.lane.number,
            "mode": mode,
            "phase": phase,
            "direction": direction,
        }
        grant = self.state.grant
        if grant is not None and grant.chosen is not None:
            status["asked"] = {"record": grant.seq, "persons": grant.chosen, "most": grant.left}
        return status

    def turn(self, direction: Direction) -> None:
        """Turn a lane without an arm round, between two visitors."""
        if self.arm is None and self.state.phase is Phase.IDLE:
            self.lane = replace(self.lane, direction=direction)
            self.rules = replace(self.rules, direction=direction)
