"""The ticket list: made from the table of tickets, signed, kept, and handed out in chunks."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Integer, Row, bindparam, delete, func, insert, or_, select

from fleet_manager import schema, store
from fleet_manager.vault import Signer
from gate_agent.validator.messages import MAX_CHUNK_BYTES, Chunk, Want
from gate_agent.validator.ticket_list import (
    Manifest,
    Status,
    compress,
    pack_body,
    seal,
    signed_part,
)

SERIES = "main"
KEPT_VERSIONS = 5
SALES_EVERY_MS = 60_000
RENEW_EVERY_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Published:
    """A list that is kept. `manifest` is sealed, `body` compressed."""

    series: str
    version: int
    as_of_ms: int
    changes: int
    serials: int
    manifest: bytes
    body: bytes


def newest(connection: Connection) -> Published | None:
    """The list that gates should have."""
    table = schema.list_version
    query = select(table).where(table.c.series == SERIES).order_by(table.c.version.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _read(row)


def is_due(connection: Connection, now_ms: int) -> bool:
    """Whether a new list should be made: at once when a ticket was voided, suspended, restored
    or reprinted; within a minute of a sale; and every hour, because age is what gates see when
    the centre is gone. A few index look-ups: cheap enough for every second."""
    table = schema.list_version
    query = select(table.c.as_of_ms, table.c.changes, table.c.serials)
    query = query.where(table.c.series == SERIES).order_by(table.c.version.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None or row.changes != store.read_meta(connection, "changes"):
        return True
    age = now_ms - row.as_of_ms
    if age >= SALES_EVERY_MS and row.serials != _last_serial(connection):
        return True
    return bool(age >= RENEW_EVERY_MS)


def make(connection: Connection, signer: Signer, now_ms: int) -> Published:
    """The next version, kept and ready to be offered. Inside a writing transaction."""
    changes = store.read_meta(connection, "changes") or 0
    count = _last_serial(connection)
    before = newest(connection)
    body, result = _body(connection, count)
    manifest = Manifest(
        series=SERIES,
        version=1 if before is None else before.version + 1,
        # A gate refuses a list that is older in either way, whatever our clock did.
        as_of_ms=now_ms if before is None else max(now_ms, before.as_of_ms),
        first=1,
        count=count,
        body_bytes=len(body),
        result=result,
    )
    sealed = seal(manifest, signer.id, signer.sign(signed_part(manifest)))
    made = Published(
        manifest.series, manifest.version, manifest.as_of_ms, changes, count, sealed, body
    )
    table = schema.list_version
    connection.execute(
        insert(table).values({column.name: getattr(made, column.name) for column in table.c})
    )
    connection.execute(
        delete(table).where(
            table.c.series == SERIES, table.c.version <= manifest.version - KEPT_VERSIONS
        )
    )
    return made


def chunk(connection: Connection, want: Want) -> Chunk | None:
    """The piece of a body that a gate asks for; None if there is no such list or offset."""
    if want.series != SERIES or want.offset >= 1 << 31 or want.version >= 1 << 32:
        return None
    values = {"series": want.series, "version": want.version}
    # Bytes are numbered from 1 in SQL.
    for (data,) in store.run(connection, _PIECE, {**values, "at": want.offset + 1}):
        if data:
            return Chunk(want.series, want.version, want.offset, bytes(data))
    return None


def _last_serial(connection: Connection) -> int:
    return connection.scalar(select(func.max(schema.ticket.c.serial))) or 0


def _body(connection: Connection, count: int) -> tuple[bytes, bytes]:
    """(compressed body, SHA-256 of the uncompressed one). Serials have no holes, so everything
    is VALID but the rows that a small index finds."""
    statuses = bytearray((Status.VALID,)) * count
    min_issue: dict[int, int] = {}
    row = schema.ticket.c
    query = select(row.serial, row.status, row.issue).where(or_(row.status != 1, row.issue > 0))
    for serial, status, issue in connection.execute(query):
        statuses[serial - 1] = status
        if issue:
            min_issue[serial] = issue
    plain = pack_body(bytes(statuses), min_issue)
    return compress(plain), sha256(plain).digest()


def _read(row: Row[Any]) -> Published:
    return Published(**row._asdict())


_TABLE = schema.list_version
# Made once, for it is asked for every piece; substr of a blob is the same in both databases.
_PIECE = select(func.substr(_TABLE.c.body, bindparam("at", type_=Integer), MAX_CHUNK_BYTES)).where(
    _TABLE.c.series == bindparam("series"), _TABLE.c.version == bindparam("version")
)
