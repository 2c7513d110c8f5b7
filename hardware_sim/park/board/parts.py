"""The small parts of a simulated board: its plan, its clock, its displays."""

from collections.abc import Callable
from dataclasses import dataclass

from gate_agent.effects import Show
from gate_agent.ports import Put
from gate_agent.validator.passage import Direction

RELEASE_MS = 5500
"""How long a visitor may take, from the pulse on."""


@dataclass(frozen=True, slots=True)
class LanePlan:
    """A lane to build. Without an arm it is a handheld. `zone`: into which it leads."""

    number: int
    direction: Direction
    has_arm: bool
    zone: int = 0


@dataclass(slots=True)
class SimClock:
    """`error_ms`: how wrong the wall clock is. `synchronised`: what the system says of it."""

    error_ms: int = 0
    synchronised: bool = True


class SimDisplay:
    """What a lane shows: remembered, and told to whoever stands in front of it."""

    def __init__(self) -> None:
        self.watcher: Callable[[Show], None] = lambda _: None

    def start(self, _put: Put) -> None:
        """Do nothing: there is nothing to open."""

    def stop(self) -> None:
        """Do nothing: there is nothing to close."""

    def show(self, show: Show) -> None:
        """Tell the watcher."""
        self.watcher(show)
