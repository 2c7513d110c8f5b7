"""Work over data of strangers, in a child process whose memory and CPU time the kernel bounds.

A library that reads files cannot be interrupted and prints what it likes; a child can be ended, and
its standard error is nobody's.
"""

import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_NO_MEMORY, _FAILED = 3, 4  # exit statuses


class OutOfBounds(Exception):
    """The work did not end within its bounds. The message says which one it met, of an "it"."""


def bounded(work: Callable[[], bytes], *, memory_bytes: int, cpu_s: int) -> bytes:
    """Return what `work` returns in a child process. Raises OutOfBounds.

    `memory_bytes`: that it may take beside what this process has. `cpu_s`: whole seconds.
    """
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.close(reads)
        _run(work, writes, memory_bytes, cpu_s)
    os.close(writes)
    try:
        with os.fdopen(reads, "rb") as pipe:
            answer = pipe.read()
    except BaseException:  # Ctrl-C: the child must not go on alone
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0:
        return answer
    if status == -signal.SIGXCPU:
        raise OutOfBounds(f"it takes more than {cpu_s} s of CPU time")
    if status == _NO_MEMORY:
        raise OutOfBounds(f"it takes more than {memory_bytes >> 20} MiB of memory")
    raise OutOfBounds(f"its reader broke down ({status})")


def _run(work: Callable[[], bytes], writes: int, memory_bytes: int, cpu_s: int) -> None:
    """Do the work and end the child: never return, nor flush what the parent had begun to write."""
    status = _FAILED
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _lower(resource.RLIMIT_CPU, cpu_s)
        _lower(resource.RLIMIT_DATA, _data_bytes() + memory_bytes)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        answer = work()
        while answer:
            answer = answer[os.write(writes, answer) :]
        status = 0
    except MemoryError:
        status = _NO_MEMORY
    finally:
        os._exit(status)


def _lower(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    with suppress(ValueError):  # it is lower already
        resource.setrlimit(which, (value, hard if hard != resource.RLIM_INFINITY else value + 1))


def _data_bytes() -> int:
    """Return the bytes that RLIMIT_DATA counts so far: private memory that can be written to."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[5])
    return pages * resource.getpagesize()
