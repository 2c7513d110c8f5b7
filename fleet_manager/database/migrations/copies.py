"""The copy of a SQLite database that is made before it is upgraded."""

import os
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from fleet_manager.files import whole_file

_UNFINISHED = ".part"
_WHOLE = re.compile(r"\dZ$")


def name_of(database: Path, version: int, at: datetime) -> str:
    """Return the name of the copy that is made before an upgrade to `version`."""
    return f"{database.name}.before-v{version}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def every(database: Path) -> list[Path]:
    """Return the copies that lie beside a database, oldest upgrade first."""
    files = [file for file in _beside(database) if _WHOLE.search(file.name)]
    return sorted(files, key=lambda file: file.name.rpartition("-")[2])


def _beside(database: Path) -> list[Path]:
    """Return the copies beside a database, whole or not, and SQLite's files beside those."""
    first = f"{database.name}.before-v"
    return [file for file in database.parent.iterdir() if file.name.startswith(first)]


def make(database: Path, version: int, at: datetime) -> Path:
    """Copy a database that nobody writes to at this moment; durable and whole on return.

    The caller holds SQLite's write lock. Raises OSError or sqlite3.Error; then there is no copy.
    """
    for file in _beside(database):
        if _UNFINISHED in file.name:  # and SQLite's own file beside it
            file.unlink()
    copy = database.with_name(name_of(database, version, at))
    part = copy.with_name(copy.name + _UNFINISHED)
    mode = database.stat().st_mode & 0o777
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy(database, part)
        part.chmod(mode)
        whole_file.flush(part)
        part.replace(copy)
        whole_file.flush(copy.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return copy


def _copy(database: Path, part: Path) -> None:
    source = sqlite3.connect(database)
    try:
        target = sqlite3.connect(part)
        try:
            source.backup(target)
        finally:
            target.close()
    finally:
        source.close()
