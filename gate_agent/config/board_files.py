"""The files by which a board is set up, and one digest of them all.

The centre shows a board whose digest is not the one that somebody has accepted. The digest says
that a file is another one; `gate-agent status` says which. It is no proof against somebody who owns
the board: such a board says what its owner likes.
"""

import glob
import json
from collections.abc import Iterable
from hashlib import sha256
from itertools import cycle
from pathlib import Path

BOARD_FILES = (
    "/etc/systemd/system/gate-agent.service",
    "/etc/systemd/system/gate-agent.service.d/*.conf",
    "/etc/systemd/system/gate-restart.service.d/*.conf",
    "/etc/systemd/system/gate-update.service",
    "/etc/systemd/system/gate-update.service.d/*.conf",
    "/etc/systemd/system/gate-update.timer",
    "/etc/systemd/system/gate-update.timer.d/*.conf",
    "/etc/systemd/system/scenic-gate-kiosk.service",
    "/etc/systemd/system/scenic-gate-kiosk.service.d/*.conf",
    "/etc/systemd/system/scenic-gate-metrics.service",
    "/etc/systemd/system/scenic-gate-metrics.service.d/*.conf",
    "/etc/systemd/system/scenic-gate-metrics.timer",
    "/etc/systemd/system/scenic-gate-metrics.timer.d/*.conf",
    "/etc/systemd/system/var-log.mount",
    "/etc/systemd/system.conf.d/*scenic-gate.conf",
    "/etc/systemd/journald.conf.d/*scenic-gate.conf",
    "/etc/systemd/timesyncd.conf.d/*scenic-gate.conf",
    "/etc/sysusers.d/scenic-gate.conf",
    "/etc/udev/rules.d/70-scenic-gate.rules",
    "/etc/nftables.conf",
    "/etc/ssh/sshd_config.d/10-scenic-gate.conf",
    "/etc/apt/apt.conf.d/52scenic-gate",
    "/usr/local/bin/gate-page-kiosk.sh",
    "/usr/local/bin/scenic-gate-metrics",
    "/etc/default/prometheus-node-exporter",
    "/boot/firmware/config.txt",
    "/boot/firmware/cmdline.txt",
    # Where the Debian package puts the same.
    "/usr/lib/systemd/system/gate-*.*",
    "/usr/lib/systemd/system/scenic-gate-*.*",
    "/usr/lib/systemd/system/var-log.mount",
    "/usr/lib/systemd/system.conf.d/*scenic-gate.conf",
    "/usr/lib/systemd/journald.conf.d/*scenic-gate.conf",
    "/usr/lib/sysusers.d/scenic-gate.conf",
    "/usr/lib/tmpfiles.d/scenic-gate.conf",
    "/usr/lib/udev/rules.d/70-scenic-gate.rules",
    "/usr/lib/scenic-gate/gate-page-kiosk.sh",
    "/usr/lib/scenic-gate/scenic-gate-metrics",
)
"""What the playbook or the package puts on a board, besides gate.toml; a * stands for any part of a
name."""
DIGEST_CHARS = 12
_MOST_BYTES = 1 << 18
UNREADABLE = "unreadable"


def files_of(config: Path | None) -> list[str]:
    """Return the names of all files of a board whose gate.toml is `config`."""
    return [*BOARD_FILES, *([glob.escape(str(config.absolute()))] if config else [])]


def read_digests(files: Iterable[str]) -> dict[str, str]:
    """Return the digest of each file that is there, by path; UNREADABLE for one that is not for
    this user's eyes."""
    paths = sorted({path for name in files for path in _paths_of(name)})
    return {str(path): _digest_of_file(path) for path in paths}


def digest_of(digests: dict[str, str]) -> str:
    """Return one digest of all files and their names, twelve hexadecimal digits."""
    text = json.dumps(digests, sort_keys=True).encode()
    return sha256(text).hexdigest()[:DIGEST_CHARS]


def _paths_of(name: str) -> list[Path]:
    return sorted(Path("/").glob(name.lstrip("/")))


Time = tuple[int, int, int]


def _time_of(path: Path) -> Time | None:
    """Return what tells of most changes of a file or a folder, without reading it."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _digest_of_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return sha256(file.read(_MOST_BYTES)).hexdigest()[:DIGEST_CHARS]
    except OSError:
        return UNREADABLE


class ConfigWatch:
    """Has looked at all files once, and looks at one whenever it is told to: reading them all at
    once from a slow card would hold up the lanes."""

    def __init__(self, files: Iterable[str]) -> None:
        self._seen: dict[str, dict[str, str]] = {}
        self._times: dict[str, dict[Path, Time | None]] = {}
        for name in files:
            self._read(name)
        self._round = cycle(tuple(self._seen))

    def look(self) -> bool:
        """Look at a file that has a new time, else at the next one: whoever changes a file can put
        its time back. Return whether the digest is another one now."""
        before = self.digest
        changed = (
            name
            for name, times in self._times.items()
            if any(_time_of(path) != time for path, time in times.items())
        )
        self._read(next(changed, None) or next(self._round))
        return self.digest != before

    def _read(self, name: str) -> None:
        paths = _paths_of(name)
        # Files come and go in the folder of a name that does not say which they are.
        watched = [Path(name).parent if "*" in name else Path(name), *paths]
        self._times[name] = {path: _time_of(path) for path in watched}
        self._seen[name] = {str(path): _digest_of_file(path) for path in paths}

    @property
    def digests(self) -> dict[str, str]:
        """Return the digest of each file, by path."""
        return {path: digest for seen in self._seen.values() for path, digest in seen.items()}

    @property
    def digest(self) -> str:
        """Return one digest of all files."""
        return digest_of(self.digests)
