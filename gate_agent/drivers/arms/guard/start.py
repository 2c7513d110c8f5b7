"""The guard as a process: started, ended; and its lines put at rest without it."""

import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gate_agent.drivers.arms.guard.lines import claim
from gate_agent.errors import DriverFault

_ROOT = Path(__file__).parents[4]
_CODE = (
    "import sys; sys.path[:0] = [sys.argv[1]]; "
    "from gate_agent.drivers.arms.guard.process import main; main(sys.argv[2:])"
)


@dataclass(frozen=True, slots=True)
class RelayLine:
    """A relay's line. Relays of one `group` belong to one turnstile: never on at the same time."""

    pin: int
    active_high: bool
    group: str = ""


def spawn(source: str, wires: Sequence[RelayLine]) -> tuple[socket.socket, int]:
    """Return a socket to a new guard, and the process id of its keeper. Raise OSError."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        words = [sys.executable, "-I", "-S", "-X", "no_debug_ranges", "-c", _CODE, str(_ROOT)]
        words += [str(there.fileno()), source]
        words += [
            f"{wire.pin}:{'high' if wire.active_high else 'low'}:{wire.group}" for wire in wires
        ]
        there.set_inheritable(True)
        # A group of its own: a key press at a terminal must not end it in mid-pulse.
        return here, os.posix_spawn(sys.executable, words, os.environ, setpgroup=0)


def end(pid: int, wait_s: float) -> None:
    """Leave nothing of the guard. A guard that works ends by itself when its socket is shut down,
    with its relays at rest: it has `wait_s` for that."""
    fd = os.pidfd_open(pid)
    try:
        select.select([fd], [], [], wait_s)
    finally:
        os.close(fd)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def rest(source: str, wires: Sequence[RelayLine]) -> None:
    """Drive every relay to rest and give it back. Raise DriverFault if another process has one."""
    for wire in wires:
        try:
            line = claim(source, wire.pin, wire.active_high)
        except OSError as fault:
            raise DriverFault(
                f"cannot put the relay at pin {wire.pin} at rest: {fault.strerror}",
                "a running gate-agent has it: stop that first",
            ) from None
        os.close(line.fd)
