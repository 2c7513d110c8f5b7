"""PURE. Whether a gate may be away for some seconds now."""

from collections.abc import Mapping
from datetime import datetime

from gate_agent.validator.messages.release_wish import SwitchTime

NIGHT_HOURS = range(1, 5)
"""Hours of park time in which no park lets visitors in."""
_IDLE = "idle"


def keeps_waiting(status: Mapping[str, object] | None, when: SwitchTime, local: datetime) -> str:
    """Return for what a switch has to wait, '' if it may be now.

    `status`: the daemon's status document, None while none runs. `local`: the park's time.
    """
    if when is SwitchTime.NOW:
        return ""
    if when is SwitchTime.NIGHT and local.hour not in NIGHT_HOURS:
        first, end = NIGHT_HOURS[0], NIGHT_HOURS[-1] + 1
        return f"the night: it is {local:%H:%M}, and wished from {first}:00 to {end}:00"
    return busy_lanes(status)


def busy_lanes(status: Mapping[str, object] | None) -> str:
    """Return at which lanes somebody is, in words; '' for none, or where no daemon runs."""
    lanes = {} if status is None else status.get("lanes")
    if not isinstance(lanes, list):
        return ""
    busy = [str(lane.get("number")) for lane in lanes if lane.get("phase") != _IDLE]
    return f"rest: somebody is at lane {', '.join(busy)}" if busy else ""
