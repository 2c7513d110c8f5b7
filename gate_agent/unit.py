"""A lane with the parts that serve it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gate_agent.errors import DriverFault
from gate_agent.events import Show, Sign
from gate_agent.health import Health
from gate_agent.lane_state import Lane, LaneState
from gate_agent.ports import Arm, Display
from gate_agent.validator.decide import Granted, LaneRules


@dataclass(slots=True)
class LaneUnit:
    """A lane with its parts, and the state it is in."""

    lane: Lane
    rules: LaneRules
    arm: Arm | None = None
    displays: Sequence[Display] = ()
    state: LaneState = field(default_factory=LaneState)

    def claimed(self, ticket: bytes) -> int:
        """Persons for whom this lane asks the centre about a ticket at the moment."""
        decision = None if self.state.pending is None else self.state.pending.decision
        if isinstance(decision, Granted) and decision.ticket.id == ticket:
            return decision.persons
        return 0

    def show(self, show: Show, health: Health) -> None:
        """On every display; one that does not obey is a fault."""
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
