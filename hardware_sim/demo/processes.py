"""Processes of the park: started, watched, killed, ended; what they say goes to files."""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

END_S = 10.0
Popen = Callable[..., "subprocess.Popen[bytes]"]


class DemoError(Exception):
    """The demo cannot go on. One line, with what to do."""


class Process:
    """One program of ours in a process of its own. `module`: run as `python -m module`. `popen`
    starts it, as subprocess.Popen does. `status`: a file in which it says how it is; what it said
    in its last life is taken away."""

    def __init__(
        self,
        name: str,
        module: str,
        arguments: list[str],
        log: Path,
        popen: Popen = subprocess.Popen,
        status: Path | None = None,
    ) -> None:
        self.name = name
        self._status = status
        self._popen = popen
        self._command = [sys.executable, "-m", module, *arguments]
        self._log = log
        self._file: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again after a kill if need be."""
        self.end()
        if self._status is not None:
            self._status.unlink(missing_ok=True)
        self._file = self._log.open("ab")
        self._process = self._popen(
            self._command, stdin=subprocess.DEVNULL, stdout=self._file, stderr=self._file
        )

    @property
    def state(self) -> str:
        """`runs`, `frozen` by a signal, or `dead`."""
        if self._process is None or not self.running:
            return "dead"
        try:
            told = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return "dead"
        return "frozen" if told[0] == "T" else "runs"

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP, SIGCONT and the like; nothing if it has ended."""
        if self._process is not None:
            self._process.send_signal(number)

    @property
    def is_full(self) -> bool:
        """Whether `limit_files` keeps its files from growing."""
        if self._process is None or not self.running:
            return False
        soft, hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        return soft != hard

    def limit_files(self, most_bytes: int | None) -> None:
        """From now on no file of it can grow past `most_bytes`, as on a full disk; None: free.
        Raises OSError where the system does not allow that."""
        if self._process is not None and self.running:
            _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
            soft = hard if most_bytes is None else most_bytes
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (soft, hard))

    def end(self) -> None:
        """In good order. Safe to call twice. Whoever does not end in time is killed."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._file is not None:
            self._file.close()
            self._file = None

    def last_words(self) -> str:
        """The last line it wrote."""
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "nothing was said"


def command(module: str, *arguments: str) -> str:
    """Run a command to its end and give what it printed. Raises DemoError if it failed."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().replace("\n", " ")
        raise DemoError(f"{module} {' '.join(arguments[:4])} failed: {said}")
    return done.stdout
