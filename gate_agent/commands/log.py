"""The daemon's messages in journald, for a technician without journalctl's options."""

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
        raise GateError(
            "cannot read the system's journal: Python's systemd library is not there",
            "install python3-systemd, or use journalctl -u gate-agent",
        ) from None
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
            text = "".join(c if c.isprintable() else " " for c in str(entry.get("MESSAGE", "")))
            lines.append(f"{utc_text(wall_ms)} <{entry.get('PRIORITY', 6)}> {text}")
    return lines[::-1]
