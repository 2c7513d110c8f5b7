"""The copy of the journal that is made before a release with another format of it is tried.

Going back must lose no passage. If the new release has recorded nothing, the copy comes back into
its place. Otherwise the journal of the new format is put aside, whole, for `gate-agent export` of a
release that reads it, and the gate begins a new journal: it never goes on from the copy, because
two records with one number would be there.
"""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from gate_agent.errors import GateError
from gate_agent.folder import DiskFolder
from gate_agent.journal.journal import FORMAT, JOURNAL_FILE

_ASK = "from gate_agent.journal.journal import FORMAT; print(FORMAT)"
_BESIDE = ("-wal", "-shm")


def format_of_release(folder: Path) -> int:
    """Return the journal's format that an installed release writes. Raises GateError."""
    done = subprocess.run(
        [str(folder / "bin/python"), "-P", "-c", _ASK],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not done.stdout.strip().isdigit():
        raise GateError(f"release {folder.name} does not say which format its journal has")
    return int(done.stdout)


def changes_format(data: Path, release: Path) -> bool:
    """Return whether a release writes another format than the journal in the folder `data` has.
    Raises GateError."""
    return (data / JOURNAL_FILE).is_file() and format_of_release(release) != FORMAT


def copy(data: Path, release: str) -> str:
    """Copy the journal in the folder `data`; return the name of the copy. Durable on return. The
    daemon must not run. Raises GateError or OSError."""
    journal = data / JOURNAL_FILE
    name = f"{JOURNAL_FILE}.before-{release}"
    part = data / f"{name}.part"
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(journal)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise GateError(
            f"cannot copy the journal {journal}: {error}", "is the disk full?"
        ) from None
    _like(part, journal)
    DiskFolder(data).rename(part.name, name)
    return name


def put_back(data: Path, copy: str, release: str) -> str:
    """Put the copy in the place of the journal, or begin a new journal; return what was done. The
    daemon must not run. A second call does nothing. Raises OSError or sqlite3.Error."""
    journal, kept = data / JOURNAL_FILE, data / copy
    if not journal.is_file() and not kept.is_file():
        return ""
    if journal.is_file() and _format(journal) == FORMAT:
        return ""  # the release has not changed it, or this was done before
    aside = data / f"{JOURNAL_FILE}.of-{release}"
    files = DiskFolder(data)
    if journal.is_file():
        with closing(sqlite3.connect(journal)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for ending in _BESIDE:
            journal.with_name(journal.name + ending).unlink(missing_ok=True)
        files.rename(JOURNAL_FILE, aside.name)
    if aside.is_file() and _head(aside) != _head(kept):
        return f"the records of release {release} are in {aside}: export them with that release"
    files.rename(copy, JOURNAL_FILE)
    return ""


def _format(file: Path) -> int:
    with closing(sqlite3.connect(file)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def _head(file: Path) -> int:
    """Return the number of the newest record; -1 where that cannot be read: never equal to a
    copy's."""
    try:
        with closing(sqlite3.connect(file)) as db:
            return int(db.execute("SELECT coalesce(max(seq), 0) FROM passages").fetchone()[0])
    except sqlite3.Error:
        return -1


def _like(file: Path, model: Path) -> None:
    """Give a file the owner and the mode of another."""
    status = model.stat()
    file.chmod(status.st_mode & 0o777)
    if os.geteuid() == 0:
        os.chown(file, status.st_uid, status.st_gid)
