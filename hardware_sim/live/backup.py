"""The centre's backup, made while it runs, and put back as docs/recovery.md says."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from hardware_sim.demo.site import DemoSite
from hardware_sim.live.script import ParkOrder, ScriptError

PLACEHOLDERS = 100
"""More than anybody sells here between a backup and its restore."""


def orders(site: DemoSite) -> dict[str, Callable[[ParkOrder], str]]:
    """Return what performs each order of this module."""
    return {
        "backup": lambda _order: _save(site),
        "restore": lambda order: _put_back(site, order),
    }


def _save(site: DemoSite) -> str:
    """Save SQLite's own copy of a database that is in use."""
    with (
        closing(sqlite3.connect(_database(site))) as source,
        closing(sqlite3.connect(_copy(site))) as copy,
    ):
        source.backup(copy)
    return "the centre's database is saved"


def _put_back(site: DemoSite, order: ParkOrder) -> str:
    """Put the saved database back. Tickets that were sold since are issued again, to nobody: their
    numbers must not be used twice. Raises ScriptError without a backup."""
    database, copy = _database(site), _copy(site)
    if not copy.exists():
        raise ScriptError(f"line {order.line}: there is no backup yet")
    site.centre.end()
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
        database.with_name(name).unlink(missing_ok=True)
    database.write_bytes(copy.read_bytes())
    database.chmod(0o600)
    site.issue("--product", "day", "--count", str(PLACEHOLDERS))
    site.centre.start()
    return "the centre is what it was at the backup"


def _database(site: DemoSite) -> Path:
    return site.centre_data / "centre.db"


def _copy(site: DemoSite) -> Path:
    return site.folder / "backup.db"
