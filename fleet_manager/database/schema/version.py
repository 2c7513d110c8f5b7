"""Which version of the tables a database has, and whether this program can use it.

It is looked at whenever a database is opened, so nothing of Alembic is imported here.
"""

from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, inspect, select, text

from fleet_manager.database.schema import creation
from fleet_manager.database.tables import VERSION, meta, metadata
from fleet_manager.errors import CentreConfigError


class Fitness(Enum):
    """What can be done with a database."""

    EMPTY = "empty"
    FITS = "fits"
    OLD = "old"
    NEWER = "newer"
    HALF = "half upgraded"
    FOREIGN = "not a centre's"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """What is known of a database. `version`: None where it has none. `reason`: why it is half
    upgraded."""

    fitness: Fitness
    version: int | None = None
    reason: str = ""


def read_snapshot(connection: Connection) -> SchemaState:
    """Return the state of one moment, although another process may upgrade meanwhile.

    It has to be the first thing in its transaction.
    """
    if connection.dialect.name == "postgresql":  # SQLite's transactions always are snapshots
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    return read_state(connection)


def read_state(connection: Connection) -> SchemaState:
    """Return which version the database has, and what can be done with it. Under a lock."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return SchemaState(Fitness.EMPTY)
    version = _number(connection) if "meta" in tables else None
    if version is None:
        return SchemaState(Fitness.FOREIGN)
    if version > VERSION:
        return SchemaState(Fitness.NEWER, version)
    stamped = _stamped(connection) if creation.stamp.name in tables else None
    unstamped = version == 1 and stamped is None  # version 1 was released without Alembic
    if not unstamped and stamped != creation.revision(version):
        return SchemaState(Fitness.HALF, version, f"Alembic's own note is of version {stamped}")
    if version < VERSION:
        return SchemaState(Fitness.OLD, version)
    missing = sorted(metadata.tables.keys() - tables)
    if missing:
        return SchemaState(Fitness.HALF, version, f"it has no table {missing[0]}")
    return SchemaState(Fitness.FITS, version)


def _number(connection: Connection) -> int | None:
    value = connection.scalar(select(meta.c.value).where(meta.c.name == "schema"))
    return None if value is None else int(value)


def _stamped(connection: Connection) -> str | None:
    return connection.scalar(select(creation.stamp.c.version_num))


def refusal(state: SchemaState, shown: str) -> CentreConfigError | None:
    """Return why a database that is not empty can be neither used nor upgraded, if it cannot.

    `shown`: its URL without a password.
    """
    match state.fitness:
        case Fitness.FOREIGN:
            return CentreConfigError(
                f"cannot use the database {shown}: it is not a centre's",
                "use the program that made it, or another database",
            )
        case Fitness.NEWER:
            return CentreConfigError(
                f"cannot use the database {shown}: it is of version {state.version}, "
                f"and this program knows versions up to {VERSION}",
                "install the release that upgraded it or a newer one; or put the copy back that "
                "was made before the upgrade (docs/upgrading.md)",
            )
        case Fitness.HALF:
            return CentreConfigError(
                f"cannot use the database {shown}: it says that it is of version "
                f"{state.version}, but {state.reason}",
                "see what differs with `fleet-manager database check`, then put a backup back "
                "(docs/upgrading.md)",
            )
        case _:
            return None
