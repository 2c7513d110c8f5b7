"""What is done to a database as a whole: see its version, upgrade it, check its tables."""

from pathlib import Path
from typing import TYPE_CHECKING

from fleet_manager.database.engine import engine_of, explained, shown, sqlite_file
from fleet_manager.database.schema import structure
from fleet_manager.database.schema.version import Fitness, SchemaState, read_snapshot, refusal
from fleet_manager.database.tables import VERSION
from fleet_manager.errors import CentreConfigError

if TYPE_CHECKING:
    from fleet_manager.database.migrations.upgrade import Upgraded


def examine(url: str) -> tuple[SchemaState, Path | None]:
    """Return which version a database has, and its file if it is SQLite's.

    Raises CentreConfigError if it cannot be opened.
    """
    with explained(url):
        engine = engine_of(url)
        try:
            with engine.connect() as connection:
                return read_snapshot(connection), sqlite_file(connection)
        finally:
            engine.dispose()


def upgrade(url: str, *, backup_done: bool = False) -> "Upgraded | None":
    """Bring an old database to this program's version; return None if it has it.

    Without `backup_done`, SQLite is copied first and PostgreSQL is refused: a copy of it has to be
    made by its own tools. Raises CentreConfigError.
    """
    state, file = examine(url)
    refused = refusal(state, shown(url)) or (empty(url) if state.fitness is Fitness.EMPTY else None)
    if refused is not None:
        raise refused
    if state.fitness is not Fitness.OLD:
        return None
    if file is None and not backup_done:
        raise CentreConfigError(
            f"cannot use the database {shown(url)}: it is of version {state.version}, "
            f"and this program needs version {VERSION}",
            "make a backup with pg_dump, then: `fleet-manager database upgrade --backup-done`",
        )
    from fleet_manager.database.migrations import upgrade as steps  # brings Alembic along

    return steps.upgrade(url, make_copy=not backup_done)


def check(url: str) -> list[str]:
    """Return in what a database differs from this program's tables, one sentence each.

    Raises CentreConfigError for one that is empty, old, newer or not a centre's.
    """
    state, _ = examine(url)
    if state.fitness is Fitness.EMPTY:
        raise empty(url)
    if state.fitness is Fitness.OLD:
        raise CentreConfigError(
            f"cannot check the database {shown(url)}: it is of version {state.version}, "
            f"and this program knows the tables of version {VERSION}",
            "upgrade it first: `fleet-manager database upgrade`",
        )
    refused = refusal(state, shown(url))
    if refused is not None and state.fitness is not Fitness.HALF:
        raise refused
    with explained(url):
        differences = structure.differences(url)
    return [state.reason, *differences] if state.reason else differences


def empty(url: str) -> CentreConfigError:
    """Return the error of whoever needs a park and finds none."""
    return CentreConfigError(
        f"cannot use the database {shown(url)}: it is empty",
        "make a park with `fleet-manager init`",
    )
