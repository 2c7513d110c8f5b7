"""A lane with the parts that serve it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gate_agent.lane_state import Lane, LaneState
from gate_agent.ports import Arm, Display
from gate_agent.validator.decide import LaneRules


@dataclass(slots=True)
class LaneUnit:
    """A lane with its parts, and the state it is in."""

    lane: Lane
    rules: LaneRules
    arm: Arm | None = None
    displays: Sequence[Display] = ()
    state: LaneState = field(default_factory=LaneState)
