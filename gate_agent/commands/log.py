"""The daemon's messages in journald, for a technician without journalctl's options."""

import json
import subprocess
from pathlib import Path

from gate_agent.errors import GateError
from gate_agent.validator.moment import utc_text

UNIT = "gate-agent.service"


def last_messages(count: int, folder: Path | None = None) -> list[str]:
    """Return the newest `count` messages of the unit, oldest first: time, priority, text.

    `folder`: journal files to read; None: the system's. Raises GateError if they cannot be read.
    """
    try:
        from systemd import journal
    except ImportError:
        return _by_journalctl(count, folder)
    try:
        reader = journal.Reader(path=None if folder is None else str(folder))
    except OSError as error:
        raise GateError(f"cannot read the system's journal: {error.strerror}") from None
    with reader:
        reader.add_match(_SYSTEMD_UNIT=UNIT)
        reader.seek_tail()
        lines: list[str] = []
        for _ in range(count):
            entry = reader.get_previous()
            if not entry:
                break
            wall_ms = int(entry["__REALTIME_TIMESTAMP"].timestamp() * 1000)
            lines.append(_line(wall_ms, entry.get("PRIORITY", 6), entry.get("MESSAGE", "")))
    return lines[::-1]


def _by_journalctl(count: int, folder: Path | None) -> list[str]:
    """Return the same by the system's own command: Python's library is not installed."""
    words = ["journalctl", "--quiet", "--output=json", f"--lines={count}", f"--unit={UNIT}"]
    if folder is not None:
        words.append(f"--directory={folder}")
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError as error:
        raise GateError(
            f"cannot read the system's journal: journalctl: {error.strerror}",
            "this system has no systemd? then read the daemon's standard error",
        ) from None
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or ["journalctl failed"]
        raise GateError(
            f"cannot read the system's journal: {why[0]}", "is this user in the group adm?"
        )
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    return [
        _line(
            int(entry["__REALTIME_TIMESTAMP"]) // 1000,
            entry.get("PRIORITY", 6),
            entry.get("MESSAGE", ""),
        )
        for entry in entries
    ]


def _line(wall_ms: int, priority: object, message: object) -> str:
    text = bytes(message).decode("utf-8", "replace") if isinstance(message, list) else str(message)
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"{utc_text(wall_ms)} <{priority}> {printable}"
