"""PURE. Whether a gate may be away for some seconds now."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gate_agent.validator.messages.release_wish import SwitchTime

_IDLE = "idle"
_HOURS = re.compile(r"([0-9]{1,2})-([0-9]{1,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Night:
    """The hours of park time in which the park lets nobody in: from `first`:00 to `end`:00, over
    midnight where `end` is the smaller."""

    first: int
    end: int

    def __contains__(self, hour: int) -> bool:
        return (hour - self.first) % 24 < (self.end - self.first) % 24

    def __str__(self) -> str:
        return f"{self.first}-{self.end}"


NIGHT = Night(1, 5)
"""Of a park that says nothing else."""


def parse_night(text: str) -> Night:
    """Return the hours of a text as `22-5`. Raises ValueError, which says what is allowed."""
    form = _HOURS.fullmatch(text)
    first, end = (int(form[1]), int(form[2])) if form else (24, 24)
    if first > 23 or end > 24 or first == end % 24:
        raise ValueError(
            f"{text}: must be two different whole hours of park time, as 1-5, or 22-5 over midnight"
        )
    return Night(first, end)


def keeps_waiting(
    status: Mapping[str, object] | None, when: SwitchTime, local: datetime, night: Night
) -> str:
    """Return for what a switch has to wait, '' if it may be now.

    `status`: the daemon's status document, None while none runs. `local`: the park's time.
    """
    if when is SwitchTime.NOW:
        return ""
    if when is SwitchTime.NIGHT and local.hour not in night:
        return f"the night: it is {local:%H:%M}, and wished from {night.first}:00 to {night.end}:00"
    return busy_lanes(status)


def busy_lanes(status: Mapping[str, object] | None) -> str:
    """Return at which lanes somebody is, in words; '' for none, or where no daemon runs."""
    lanes = {} if status is None else status.get("lanes")
    if not isinstance(lanes, list):
        return ""
    busy = [str(lane.get("number")) for lane in lanes if lane.get("phase") != _IDLE]
    return f"rest: somebody is at lane {', '.join(busy)}" if busy else ""
