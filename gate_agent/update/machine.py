"""The board as an update needs it: its services, its clocks and its boots."""

import subprocess
import time
from pathlib import Path
from typing import Protocol

from gate_agent.errors import GateError

UNIT = "gate-agent.service"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Machine(Protocol):
    """What an update does to a board, and asks of it."""

    def stop(self) -> None:
        """End the daemon. Raises GateError."""

    def start(self) -> None:
        """Start the daemon. Raises GateError if it cannot be asked for."""

    def restart(self) -> None:
        """End the daemon and start it again. Raises GateError if it cannot be asked for."""

    def restarts(self) -> int:
        """Return how often the daemon has been started again by itself."""

    def boot(self) -> str:
        """Return the name of this boot: another after each power cut."""

    def wall_ms(self) -> int:
        """Return the clock's time, UTC ms since 1970."""

    def mono_s(self) -> float:
        """Return seconds that never go back."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""


class SystemdBoard:
    """This board, by systemd."""

    def stop(self) -> None:
        """End the daemon. Raises GateError."""
        _systemctl("stop", UNIT)

    def start(self) -> None:
        """Start the daemon without waiting for it. Raises GateError if it cannot be asked for."""
        _systemctl("start", "--no-block", UNIT)

    def restart(self) -> None:
        """End the daemon and start it again, which systemd does also if this program is killed in
        the middle. Raises GateError if it cannot be asked for."""
        _systemctl("reset-failed", UNIT)
        _systemctl("restart", "--no-block", UNIT)

    def restarts(self) -> int:
        """Return how often systemd has started the daemon again by itself."""
        text = _systemctl("show", "--property=NRestarts", "--value", UNIT).strip()
        return int(text) if text.isdigit() else 0

    def boot(self) -> str:
        """Return the kernel's name of this boot."""
        try:
            return _BOOT_ID.read_text("ascii").strip()
        except OSError:
            return ""

    def wall_ms(self) -> int:
        """Return the clock's time, UTC ms since 1970."""
        return time.time_ns() // 1_000_000

    def mono_s(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


def _systemctl(*words: str) -> str:
    done = subprocess.run(
        ["systemctl", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise GateError(f"systemctl {' '.join(words)}: {lines[-1]}", "run it as root")
    return done.stdout
