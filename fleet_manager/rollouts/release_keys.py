"""Propose and publish release keys."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from fleet_manager.database import tables_boards
from fleet_manager.errors import CentreError
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.key_set import THRESHOLD
from gate_agent.validator.trust.keys import key_id
from gate_agent.validator.trust.release_keys import (
    ReleaseKeys,
    open_release_keys,
    read_release_keys,
)

_TABLE = tables_boards.release_keys


def sealed(connection: Connection) -> bytes | None:
    """Return the release keys in force, signed; None before the first."""
    query = select(_TABLE.c.sealed).order_by(_TABLE.c.version.desc()).limit(1)
    return connection.scalar(query)


def newest(connection: Connection) -> ReleaseKeys | None:
    """Return the release keys in force, None before the first."""
    data = sealed(connection)
    return None if data is None else read_release_keys(key_set.split(data)[1])


def propose(
    before: ReleaseKeys | None, park: str, add: Sequence[bytes], drop: Sequence[str], now_ms: int
) -> ReleaseKeys:
    """Return the release keys that would follow. `add`: public keys. `drop`: ids, hexadecimal.
    Raises CentreError for an id that is not there, and for what gates would refuse."""
    held = () if before is None else before.keys
    ids = {key_id(public).hex(): public for public in held}
    for name in drop:
        if name not in ids:
            raise CentreError(
                f"cannot find release key {name}", "see `fleet-manager release keys show`"
            )
    kept = {public for name, public in ids.items() if name not in drop}
    proposed = ReleaseKeys(
        park=park,
        version=1 if before is None else before.version + 1,
        as_of_ms=now_ms if before is None else max(now_ms, before.as_of_ms),
        keys=tuple(sorted(kept | set(add))),
    )
    try:
        proposed.fields()
    except WireError as error:
        raise CentreError(f"cannot propose that: {error}") from None
    return proposed


def publish(connection: Connection, data: bytes, roots: Sequence[bytes], park: str) -> ReleaseKeys:
    """Put signed release keys in force and return them. `roots`: the root keys in force. Raises
    CentreError unless gates would accept them after those in force."""
    try:
        verified = open_release_keys(data, roots, park)
    except WireError as error:
        raise CentreError(
            f"cannot publish that: {error}",
            f"it needs {THRESHOLD} signatures of the root keys in force",
        ) from None
    before = newest(connection)
    if before is not None and verified.version <= before.version:
        raise CentreError(
            f"cannot publish release keys {verified.version}: {before.version} are in force",
            "propose them anew",
        )
    connection.execute(insert(_TABLE).values(version=verified.version, sealed=data))
    return verified
