"""Tokens by which programs and displays sign in: `sg_<id>_<secret>`; only a hash is stored."""

import re
import secrets
from base64 import b32encode
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

from sqlalchemy import Connection, insert, select, update

from fleet_manager.access.actor import Role
from fleet_manager.database.tables_people import token
from fleet_manager.errors import CentreError

SECRET_BYTES = 32
LONGEST_MS = 400 * 86_400_000
USED_EVERY_MS = 60_000
_ID_CHARS = 8
_TOKEN = re.compile(r"sg_([a-z2-7]{8})_([a-z2-7]{52})")
_COLUMN = token.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is known of a token. `name`: what it is for. `made_by`: who made it. Times in UTC ms."""

    id: str
    name: str
    role: Role
    station: str
    made_ms: int
    made_by: str
    expires_ms: int
    used_ms: int | None
    ended_ms: int | None

    def state(self, now_ms: int) -> str:
        """Return `active`, `expired` or `ended`."""
        if self.ended_ms is not None:
            return "ended"
        return "active" if now_ms < self.expires_ms else "expired"


@dataclass(frozen=True, slots=True)
class NewToken:
    """`text`: the token itself, shown this once."""

    token: Token
    text: str = field(repr=False)


def add(
    connection: Connection,
    name: str,
    role: Role,
    *,
    station: str,
    made_by: str,
    now_ms: int,
    expires_ms: int,
) -> NewToken:
    """Store a new token."""
    number, secret = _base32(5), _base32(SECRET_BYTES)
    connection.execute(
        insert(token).values(
            id=number,
            name=name,
            hash=_hash(secret),
            role=role.value,
            station=station,
            made_ms=now_ms,
            made_by=made_by,
            expires_ms=expires_ms,
        )
    )
    return NewToken(find(connection, number), f"sg_{number}_{secret}")


def holder_of(connection: Connection, text: str, now_ms: int) -> Token | None:
    """Return the token that `text` is, None if it is none, has expired or was ended."""
    parts = _TOKEN.fullmatch(text)
    if parts is None:
        return None
    row = connection.execute(select(token).where(_COLUMN.id == parts[1])).one_or_none()
    if row is None or not compare_digest(bytes(row.hash), _hash(parts[2])):
        return None
    found = _token(row)
    return found if found.state(now_ms) == "active" else None


def find(connection: Connection, number: str) -> Token:
    """Return a token by its id. Raises CentreError if there is none."""
    row = connection.execute(select(token).where(_COLUMN.id == number)).one_or_none()
    if row is None:
        raise CentreError(
            f"cannot find token {number[:20]!r}", "`fleet-manager user token list` shows all"
        )
    return _token(row)


def every(connection: Connection) -> list[Token]:
    """Return all tokens, the newest first."""
    query = select(token).order_by(_COLUMN.made_ms.desc(), _COLUMN.id)
    return [_token(row) for row in connection.execute(query)]


def mark_used(connection: Connection, number: str, now_ms: int) -> None:
    """Note that a token was used now."""
    connection.execute(update(token).where(_COLUMN.id == number).values(used_ms=now_ms))


def end(connection: Connection, number: str, now_ms: int) -> None:
    """End a token."""
    connection.execute(update(token).where(_COLUMN.id == number).values(ended_ms=now_ms))


def _token(row: object) -> Token:
    values = row._mapping  # type: ignore[attr-defined]
    names = [name for name in Token.__dataclass_fields__ if name != "role"]
    return Token(role=Role(values["role"]), **{name: values[name] for name in names})


def _base32(size: int) -> str:
    return b32encode(secrets.token_bytes(size)).decode().rstrip("=").lower()


def _hash(secret: str) -> bytes:
    return sha256(b"scenic-gate token\0" + secret.encode()).digest()
