"""Run collector and console as two watched processes, so that a page never delays a gate's claim.

Either is started again when it dies, after a wait that doubles. A collector that says it cannot run
(the folder is in use, a setting is wrong) ends both: to start it again would not help.
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from fleet_manager.errors import CentreConfigError
from fleet_manager.files.folder_lock import FolderInUse

_LOG = logging.getLogger(__name__)
FIRST_WAIT_S, LONGEST_WAIT_S, STEADY_S = 1.0, 60.0, 120.0
END_S = 20.0
_PARENT = "SCENIC_GATE_SUPERVISOR"
_PR_SET_PDEATHSIG = 1
_FINAL = {CentreConfigError.exit_status, FolderInUse.exit_status}


@dataclass(slots=True)
class Child:
    """A process that is watched. `vital`: without it the others end, too."""

    name: str
    arguments: Sequence[str]
    vital: bool
    process: "subprocess.Popen[bytes] | None" = None
    begun_s: float = 0.0
    wait_s: float = FIRST_WAIT_S
    due_s: float = field(default=0.0)


class Supervisor:
    """Watches children until it is told to stop."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = list(children)
        self._events: SimpleQueue[Child | None] = SimpleQueue()

    def stop(self) -> None:
        """End everything soon. May be called by a signal's handler."""
        self._events.put(None)

    def run(self) -> int:
        """Run until told to stop, or until a vital child says that it cannot run; return the exit
        status."""
        status = 0
        for child in self._children:
            self._start(child)
        while True:
            try:
                ended = self._events.get(timeout=self._until_due())
            except Empty:
                self._start_due()
                continue
            if ended is None:
                break
            status = self._note_end(ended)
            if status:
                break
        self._end()
        return status

    def _start_due(self) -> None:
        for child in self._children:
            if child.process is None and child.due_s <= time.monotonic():
                self._start(child)

    def _note_end(self, child: Child) -> int:
        """Plan when to start a child again; return a status with which all shall end, else 0."""
        assert child.process is not None
        status, child.process = child.process.returncode, None
        if child.vital and status in _FINAL:
            return status
        self._plan(child, status)
        return 0

    def _start(self, child: Child) -> None:
        environment = {**os.environ, _PARENT: str(os.getpid())}
        # Only the collector would speak for the unit; under systemd each has a unit of its own.
        environment.pop("NOTIFY_SOCKET", None)
        environment.setdefault("MALLOC_ARENA_MAX", "2")  # a heap a thread is twenty MiB
        process = subprocess.Popen(
            [sys.executable, "-m", "fleet_manager", *child.arguments], env=environment
        )
        child.process, child.begun_s = process, time.monotonic()
        threading.Thread(target=self._wait, args=(child, process), daemon=True).start()

    def _wait(self, child: Child, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        self._events.put(child)

    def _plan(self, child: Child, ended: int) -> None:
        now_s = time.monotonic()
        if now_s - child.begun_s >= STEADY_S:
            child.wait_s = FIRST_WAIT_S
        child.due_s = now_s + child.wait_s
        _LOG.error(
            "the %s has ended with status %s; it is started again in %.0f s",
            child.name,
            ended,
            child.wait_s,
        )
        child.wait_s = min(child.wait_s * 2, LONGEST_WAIT_S)

    def _until_due(self) -> float | None:
        due = [child.due_s for child in self._children if child.process is None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _end(self) -> None:
        running = [child for child in self._children if child.process is not None]
        for child in running:
            assert child.process is not None
            child.process.terminate()
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(END_S)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


def children(data: Path, *, verbose: bool) -> list[Child]:
    """Return collector and console of a data folder."""
    folder = ["--data", str(data)]
    more = ["--verbose"] if verbose else []
    return [
        Child("collector", [*folder, "serve", "--no-web", *more], vital=True),
        Child("console", [*folder, "web"], vital=False),
    ]


def end_with_parent() -> None:
    """Let this process get SIGTERM when the supervisor that started it dies, however it dies."""
    parent = os.environ.get(_PARENT)
    if not parent:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before we could ask
        os.kill(os.getpid(), signal.SIGTERM)
