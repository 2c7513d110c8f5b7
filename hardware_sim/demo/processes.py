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
        """Start the process, again after a kill if need be."""
        self.end()
        if self._status is not None:
            self._status.unlink(missing_ok=True)
        self._file = self._log.open("ab")
        self._process = self._popen(
            self._command, stdin=subprocess.DEVNULL, stdout=self._file, stderr=self._file
        )

    @property
    def pid(self) -> int:
        """Return the number of the process, which must have been started."""
        assert self._process is not None
        return self._process.pid

    @property
    def state(self) -> str:
        """`runs`, `frozen` by a signal, or `dead`."""
        if self._process is None or not self.running:
            return "dead"
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return "dead"
        return "frozen" if fields[0] == "T" else "runs"

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill the process with signal 9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send SIGSTOP, SIGCONT and the like; nothing if the process has ended."""
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
        """Let no file of the process grow past `most_bytes` from now on, as on a full disk; None
        lifts the limit. Raises OSError where the system does not allow that."""
        if self._process is not None and self.running:
            _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
            soft = hard if most_bytes is None else most_bytes
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (soft, hard))

    def end(self) -> None:
        """End the process in good order, and kill it if that takes too long. Safe to call twice."""
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
        """Return the last line that the process wrote."""
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "nothing was said"


def command(module: str, *arguments: str) -> str:
    """Run a command to its end and return what it printed. Raises DemoError if it failed."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().replace("\n", " ")
        raise DemoError(f"{module} {' '.join(arguments[:4])} failed: {reason}")
    return done.stdout
