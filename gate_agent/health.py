"""Counters, faults, a status document for the technician, and the watchdog."""

import json
import logging
import math
import os
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LINE_EVERY_S = 60.0
STATUS_FILE = "status.json"
RUNTIME = Path("/run/scenic-gate")
_log = logging.getLogger(__name__)


class Health:
    """Counts what happens. Every refusal of bytes from outside is counted here under a name. The
    log gets a line when a device stops working, for another reason too, and when it works again."""

    def __init__(self, read_s: Callable[[], float] = time.monotonic) -> None:
        self.counters: Counter[str] = Counter()
        self.faults: dict[str, str] = {}
        self._read_s = read_s
        self._line_s: dict[str, float] = {}
        self._unlogged: Counter[str] = Counter()

    def count(self, name: str) -> None:
        """Count one more of `name`."""
        self.counters[name] += 1

    def fault(self, device: str, text: str, hint: str = "", level: int = logging.WARNING) -> None:
        """Note that `device` does not work because of `text`. `hint`: what to do, for the log
        alone."""
        if self.faults.get(device) != text:
            _log.log(level, "%s does not work: %s%s", device, text, hint and f"; {hint}")
        self.counters[f"fault {device}"] += 1
        self.faults[device] = text

    def recover(self, device: str) -> None:
        """Note that `device` works again."""
        if self.faults.pop(device, None) is not None:
            _log.warning("%s works again", device)

    def discard(self, name: str, text: str) -> None:
        """Count, under `name`, what came in and is not used, and log `text`: one line a minute and
        name, however much a stranger sends. The line says how many came without one before it."""
        self.count(name)
        now_s = self._read_s()
        if now_s < self._line_s.get(name, -math.inf) + LINE_EVERY_S:
            self._unlogged[name] += 1
            return
        self._line_s[name] = now_s
        more = self._unlogged.pop(name, 0)
        _log.warning("%s: %s%s", name, text, f" (and {more} more before it)" if more else "")


def status_path(data: Path) -> Path:
    """Return where the daemon writes its status: systemd's RAM disk for it, else `data`."""
    return Path(os.environ.get("RUNTIME_DIRECTORY", str(data))) / STATUS_FILE


def find_status(data: Path) -> Path:
    """Return the newest status file there is: a shell lacks the daemon's environment."""
    places = [path for path in (status_path(data), RUNTIME / STATUS_FILE) if path.is_file()]
    return max(places, key=lambda path: path.stat().st_mtime, default=status_path(data))


def write_status(path: Path, status: dict[str, object]) -> None:
    """Replace the status document; a reader never sees half of one. A full disk is no reason
    to stop the gate, so an OSError is dropped: the document only gets old."""
    fresh = path.with_suffix(".new")
    try:
        fresh.write_text(json.dumps(status, indent=1, ensure_ascii=False) + "\n", "utf-8")
        fresh.replace(path)
    except OSError:
        return


def notifier() -> Callable[[str], object]:
    """Return a function that sends systemd `READY=1`, `WATCHDOG=1` and the like; outside systemd
    one that does nothing.

    The protocol of sd_notify(3) is one datagram a word; libsystemd for it takes 1 MiB.
    """
    name = os.environ.get("NOTIFY_SOCKET")
    if not name:
        return lambda _: None
    # A name in the abstract space is written with @ for its first byte.
    address = "\0" + name[1:] if name.startswith("@") else name

    def notify(word: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as pen:
            # Never wait for systemd; when nothing comes for long, it starts this process again.
            pen.setblocking(False)
            with suppress(OSError):
                pen.sendto(word.encode(), address)

    return notify
