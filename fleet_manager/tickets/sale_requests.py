"""Sales that a program asks for under a key of its own: the same request again is the same sale.

The key is stored in the transaction of the sale. So a program whose answer was lost asks again, and
never sells twice.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from fleet_manager.database.tables_events import sale_request
from fleet_manager.errors import CentreError

KEPT_MS = 30 * 86_400_000
_ROW = sale_request.c


@dataclass(frozen=True, slots=True)
class SaleKey:
    """`who`: the program. `key`: 1 to 64 printable characters of its own. `digest`: SHA-256 of what
    it asks for."""

    who: str
    key: str
    digest: bytes


def digest_of(request: Mapping[str, Any]) -> bytes:
    """Return the digest of a request; of a document number nothing else is stored."""
    return sha256(json.dumps(request, sort_keys=True, default=str).encode()).digest()


def begin(connection: Connection, key: SaleKey, now_ms: int) -> range | None:
    """Store a key before its sale, in the transaction of the sale; return None, or the serials that
    were sold under it before. Raises CentreError if it was for another request.

    Of two that ask at once the second waits here for the first.
    """
    connection.execute(delete(sale_request).where(_ROW.at_ms < now_ms - KEPT_MS))
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
    values = {
        "who": key.who,
        "key": key.key,
        "digest": key.digest,
        "first": 0,
        "count": 0,
        "at_ms": now_ms,
    }
    stored = insert(sale_request).values(values).on_conflict_do_nothing().returning(_ROW.key)
    if connection.execute(stored).first() is not None:
        return None
    row = connection.execute(select(sale_request).where(*_is(key))).one()
    if bytes(row.digest) != key.digest:
        raise CentreError(
            f"cannot sell under the key {key.key!r}: it was used for another request",
            "take a new key for each sale; repeat a request exactly as it was",
        )
    return range(row.first, row.first + row.count)


def finish(connection: Connection, key: SaleKey, first: int, count: int) -> None:
    """Store what was sold under a key."""
    connection.execute(update(sale_request).where(*_is(key)).values(first=first, count=count))


def _is(key: SaleKey) -> tuple[Any, Any]:
    return _ROW.who == key.who, _ROW.key == key.key
