"""Start the daemon anew from a release that was installed beside it, when nobody is at the gate."""

from collections.abc import Callable
from pathlib import Path

from gate_agent.update.machine import Machine
from gate_agent.update.rest import busy_lanes
from gate_agent.update.trial import read_daemon

_LOOK_EVERY_S = 1.0


def restart_at_rest(
    machine: Machine, data: Path, current: Callable[[], str], say: Callable[[str], None]
) -> str:
    """Wait until no lane has a visitor, and restart the daemon whose folder is `data`; return in
    words what was done. `current`: returns the name of the release that is installed.

    A daemon that does not run, or runs that release already, is left alone. Raises GateError.
    """
    said = ""
    while True:
        status = read_daemon(data)
        if status is None:
            return f"no daemon runs: the next start is of {current()}"
        if status.get("software") == current():
            return f"{current()} runs"
        busy = busy_lanes(status)
        if not busy:
            break
        if busy != said:
            say(f"{current()} waits for {busy}")
            said = busy
        machine.wait(_LOOK_EVERY_S)
    machine.restart()
    return f"starting {current()}"
