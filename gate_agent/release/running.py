"""What the program that runs knows of its own release, and of the last update."""

import sys
from pathlib import Path

from gate_agent import __version__

UPDATE_FOLDER = Path("/var/lib/scenic-gate-update")
FAULT_FILE = "fault"
_MANIFEST = "release.json"  # its module costs a daemon of 40 MiB too much
_MOST_BYTES = 600


def software(prefix: Path | None = None) -> str:
    """Return the name of the release that runs, as `0.2.0-1a2b3c4d5e6f`; the version alone where
    this was not installed from a release. `prefix`: the virtual environment."""
    folder = Path(sys.prefix) if prefix is None else prefix
    return folder.resolve().name if (folder / _MANIFEST).is_file() else __version__


def update_fault(folder: Path = UPDATE_FOLDER) -> str:
    """Return why the last update came to nothing, '' if it did not."""
    try:
        with (folder / FAULT_FILE).open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
