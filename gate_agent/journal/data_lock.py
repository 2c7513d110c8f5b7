"""One daemon for one data folder: a second one would write to the same journal, and take the
broker's connection away from the first."""

import fcntl
import os
import time
from pathlib import Path

from gate_agent.errors import FolderTakenError, GateError
from gate_agent.validator.moment import utc_text

LOCK_FILE = "daemon.lock"
"""Its name in the data folder. Its text is for people: who has the lock, and since when."""


class DataLock:
    """An exclusive flock(2) on `data`, held until `release` or the end of the process, however that
    comes. Commands that only read do not ask for it."""

    def __init__(self, data: Path) -> None:
        """Take the lock.

        Raises FolderTakenError if another process has it; GateError if it cannot be asked for.
        """
        path = data / LOCK_FILE
        try:
            # Not inherited by a program that this one starts: a guard may outlive the daemon.
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except PermissionError:
            raise GateError(
                f"cannot open {path}: Permission denied",
                f"run it as: sudo -u scenic-gate gate-agent …; the daemon's user must own the "
                f"folder: chown -R scenic-gate: {data}",
            ) from None
        except OSError as error:
            raise GateError(f"cannot open {path}: {error.strerror}") from None
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._handle, 200, 0).decode("ascii", "replace").strip()
            os.close(self._handle)
            raise FolderTakenError(
                f"another gate-agent ({holder or 'starting'}) has the data folder {data}",
                "to look: gate-agent status; to run it by hand: first systemctl stop gate-agent",
            ) from None
        text = f"process {os.getpid()}, since {utc_text(time.time_ns() // 1_000_000)}\n"
        try:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, text.encode(), 0)
        except OSError:
            pass  # a full disk: the lock holds, and only its holder stays unnamed

    def release(self) -> None:
        """Let another process have the folder; a second call does nothing."""
        if self._handle >= 0:
            # By name: while another thread starts a program, that child has the same open file
            # until its exec is done, and closing ours would leave the folder locked.
            fcntl.flock(self._handle, fcntl.LOCK_UN)
            os.close(self._handle)
            self._handle = -1
