"""One-time links: somebody who has no password, or has lost it, sets one."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select

from fleet_manager.database.tables_people import one_time_link

PATH = "/link"
VALID_MS = 24 * 3_600_000
_SECRET_BYTES = 32
_COLUMN = one_time_link.c


class Purpose(StrEnum):
    """Why somebody has a link. `ENTRY`: to sign in once, without a password."""

    FIRST = "first"
    INVITATION = "invitation"
    RESET = "reset"
    ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """`user`: the number of whom it is for. Times in UTC ms."""

    user: int
    purpose: Purpose
    made_ms: int
    expires_ms: int


def make(connection: Connection, user: int, purpose: Purpose, now_ms: int) -> str:
    """Return the secret of a new link for a user; earlier ones end now."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    drop(connection, user)
    connection.execute(
        insert(one_time_link).values(
            hash=_hash(secret),
            account=user,
            purpose=purpose.value,
            made_ms=now_ms,
            expires_ms=now_ms + VALID_MS,
        )
    )
    return secret


def find(connection: Connection, secret: str, now_ms: int) -> OneTimeLink | None:
    """Return the link of a secret, None if there is none, or it is used or expired."""
    query = select(one_time_link).where(_COLUMN.hash == _hash(secret))
    row = connection.execute(query).one_or_none()
    if row is None or now_ms >= row.expires_ms:
        return None
    return OneTimeLink(row.account, Purpose(row.purpose), row.made_ms, row.expires_ms)


def drop(connection: Connection, user: int) -> None:
    """Delete a user's links: they are used, or shall not be."""
    connection.execute(delete(one_time_link).where(_COLUMN.account == user))


def drop_all(connection: Connection) -> None:
    """Delete everybody's links."""
    connection.execute(delete(one_time_link))


def path_of(secret: str) -> str:
    """Return the link's path at the console."""
    return f"{PATH}?secret={secret}"


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
