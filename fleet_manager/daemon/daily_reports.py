"""Let the park's forms be written when they are due: a process of its own looks every ten minutes.

A form costs a second of a processor, and a gate must not wait for it.
"""

import logging
import subprocess
import sys
import threading
from pathlib import Path

_LOG = logging.getLogger(__name__)
EVERY_S, FIRST_S = 600.0, 60.0
LONGEST_S = 300.0


class DailyReports:
    """`data`: the park's folder."""

    def __init__(self, data: Path) -> None:
        self._command = [
            sys.executable,
            "-m",
            "fleet_manager",
            "--data",
            str(data),
            "report",
            "due",
        ]
        self._ending = threading.Event()
        self._complaint = ""

    def start(self) -> None:
        """Begin, a minute after the daemon: it has lists to publish first."""
        threading.Thread(target=self._run, name="daily-reports", daemon=True).start()

    def stop(self) -> None:
        """Write no more. What is being written is whole, or comes the next time."""
        self._ending.set()

    def write(self) -> int:
        """Write what is due; return the exit status. The same failure is logged once."""
        try:
            ended = subprocess.run(
                self._command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=LONGEST_S,
                check=False,
            )
            status, complaint = ended.returncode, ended.stderr.strip() if ended.returncode else ""
        except (OSError, subprocess.TimeoutExpired) as error:
            status, complaint = 1, str(error)
        if complaint and complaint != self._complaint:
            _LOG.warning("cannot write a report that is due: %s", complaint)
        self._complaint = complaint
        return status

    def _run(self) -> None:
        self._ending.wait(FIRST_S)
        while not self._ending.is_set():
            self.write()
            self._ending.wait(EVERY_S)
