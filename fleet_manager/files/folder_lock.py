"""One `serve` for each data folder, by a lock that ends with its process, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path

from fleet_manager.errors import CentreError

FILE = "serve.lock"


class FolderInUse(CentreError):
    """Another `serve` has the data folder. Exit status 75 (EX_TEMPFAIL): later it may be free."""

    exit_status = 75


@contextmanager
def locked(folder: Path, zone: tzinfo, now_ms: int) -> Iterator[None]:
    """Hold the lock on a data folder, and leave in its file who holds it and since when.

    Two collectors on one database would take the broker's connection from each other for ever:
    both have the same name there. Commands need no lock and go on working. `zone`: the park's,
    for the error's text. Raises FolderInUse, or OSError.
    """
    handle = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _in_use(folder, os.pread(handle, 100, 0), zone) from None
        if os.geteuid() == 0:  # root by hand once must not lock the service's user out
            owner = folder.stat()
            os.fchown(handle, owner.st_uid, owner.st_gid)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()} {now_ms}\n".encode(), 0)
        yield
    finally:
        # By name: a child that another thread has forked has the same open file until its exec.
        # Without the lock, after a refusal, it does nothing.
        fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def _in_use(folder: Path, said: bytes, zone: tzinfo) -> FolderInUse:
    """Return the error; `said` is the text of the lock's file, empty for a moment at its start."""
    words = said.split()
    holder = "another `fleet-manager serve`"
    if len(words) == 2 and all(word.isdigit() for word in words):
        since = datetime.fromtimestamp(int(words[1]) / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")
        holder += f" (process {int(words[0])}, since {since})"
    return FolderInUse(
        f"cannot serve {folder}: {holder} has this folder",
        "let that one run, or end it first: `systemctl stop fleet-manager` if it is the service",
    )
