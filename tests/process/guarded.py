"""A victim daemon with its guard, over lines that outlive both, and what is done to them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread
from time import monotonic

from hardware_sim.devices.lines import LineServer

PATIENCE_S = 60.0
PIN = 17


class Guarded:
    """`active_high`: of the one relay at PIN. A context manager; nothing is left afterwards."""

    def __init__(self, folder: Path, *, active_high: bool = True, drops: bool = False) -> None:
        self.lines = LineServer(folder / "lines", drops=drops)
        self.active_high = active_high
        self._folder = folder
        self._said: Queue[str] = Queue()
        self._daemon: subprocess.Popen[str] | None = None
        self._known: set[int] = set()

    def __enter__(self) -> "Guarded":
        self.lines.start()
        self.start()
        return self

    def start(self) -> None:
        """A daemon; a second one when the first is dead."""
        self._bury()
        level = "high" if self.active_high else "low"
        words = [sys.executable, "-m", "tests.process.guard_daemon"]
        self._daemon = subprocess.Popen(
            [*words, str(self._folder / "lines"), f"{PIN}:{level}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent.parent,
        )
        Thread(target=self._listen, args=(self._daemon,), daemon=True).start()
        self.hear("guard")
        self.processes()

    def __exit__(self, *_: object) -> None:
        for pid in self._known:
            _kill(pid, signal.SIGKILL)
        self._bury()
        self.lines.stop()

    def _bury(self) -> None:
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
            assert self._daemon.stdin is not None
            self._daemon.stdin.close()

    def processes(self) -> dict[str, int]:
        """The process number of "daemon", "keeper" and "holder", as far as they live."""
        assert self._daemon is not None
        found = {"daemon": self._daemon.pid}
        for name, parent in (("keeper", "daemon"), ("holder", "keeper")):
            children = _children(found.get(parent, 0))
            if children:
                found[name] = children[-1]
        self._known |= set(found.values()) - {self._daemon.pid}
        return found

    def ask(self, ms: int = 300) -> None:
        """The daemon asks for a pulse."""
        assert self._daemon is not None
        assert self._daemon.stdin is not None
        self._daemon.stdin.write(f"0 {ms}\n")
        self._daemon.stdin.flush()

    def hear(self, *beginnings: str) -> str:
        """The next answer of the daemon that begins so; others are skipped."""
        end_s = monotonic() + PATIENCE_S
        while True:
            try:
                said = self._said.get(timeout=max(0.01, end_s - monotonic()))
            except Empty:
                raise AssertionError(f"the daemon does not say {beginnings}") from None
            if said.startswith(beginnings):
                return said

    def pulses_ms(self) -> list[float]:
        """How long the relay was closed, each time; one that is closed now counts until now."""
        edges = [(edge.at_s, edge.level is self.active_high) for edge in self.lines.trace]
        edges.append((monotonic(), False))
        return [(later - at_s) * 1000 for (at_s, closed), (later, _) in pairwise(edges) if closed]

    def closed(self) -> bool:
        """Whether the relay is."""
        return self.lines.level(PIN) is self.active_high

    def until(self, ready: Callable[[], bool]) -> None:
        """Fails if it never is."""
        end_s = monotonic() + PATIENCE_S
        while not ready():
            assert monotonic() < end_s, "it did not happen"
            Event().wait(0.005)

    def hit(self, name: str, number: int) -> None:
        """A signal to one of the processes, unless it has ended meanwhile."""
        pid = self.processes().get(name)
        if pid is not None:
            _kill(pid, number)

    def _listen(self, daemon: "subprocess.Popen[str]") -> None:
        assert daemon.stdout is not None
        with daemon.stdout as stream:
            for line in stream:
                self._said.put(line.strip())


def _children(pid: int) -> list[int]:
    """Of a process, over all its threads."""
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
