"""Sessions: a random secret in a browser's cookie, and its hash here."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select, update

from fleet_manager.access.actor import Role
from fleet_manager.access.users import User, user_of
from fleet_manager.database.tables_people import account, session

COOKIE = "__Host-scenic"
SECRET_BYTES = 32
SEEN_EVERY_MS = 60_000
CODE_WITHIN_MS = 10 * 60_000
"""How long a session waits for the second factor."""
MOST_PER_USER = 20
"""The oldest ends when there are more."""
_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000
_COLUMN = session.c


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lives without a request, and at most."""

    idle_ms: int
    total_ms: int


_OFFICE = Lifetime(2 * _HOUR_MS, 12 * _HOUR_MS)
_SHIFT = Lifetime(12 * _HOUR_MS, 24 * _HOUR_MS)
LIFETIMES: dict[Role, Lifetime] = {
    Role.ADMINISTRATOR: Lifetime(30 * _MINUTE_MS, 12 * _HOUR_MS),
    Role.MANAGER: _OFFICE,
    Role.ACCOUNTANT: _OFFICE,
    Role.AUDITOR: _OFFICE,
    Role.MERCHANT: _OFFICE,
    Role.DISPLAY: _OFFICE,
    Role.STATION_LEAD: _SHIFT,
    Role.CASHIER: _SHIFT,
    Role.GATE_STAFF: _SHIFT,
    Role.TECHNICIAN: _SHIFT,
}


@dataclass(frozen=True, slots=True)
class NewSession:
    """`secret`: for the cookie, and nowhere else. `needs_code`: nothing is allowed yet but to give
    the code of the second factor."""

    secret: str = field(repr=False)
    user: User
    needs_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that is signed in, as its owner sees it. Times in UTC ms."""

    id: int
    user: User
    needs_code: bool
    made_ms: int
    seen_ms: int
    ends_ms: int
    address: str
    agent: str

    def is_over(self, now_ms: int) -> bool:
        """Return whether the session has ended by its age, its idleness or its user."""
        idle_ms = LIFETIMES[self.user.role].idle_ms
        return (
            now_ms >= self.ends_ms
            or now_ms - self.seen_ms >= idle_ms
            or self.user.disabled_ms is not None
        )


def begin(
    connection: Connection,
    user: User,
    *,
    needs_code: bool,
    address: str,
    agent: str,
    now_ms: int,
) -> NewSession:
    """Store a new session of a user; the oldest ones end if there are too many."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    total_ms = CODE_WITHIN_MS if needs_code else LIFETIMES[user.role].total_ms
    connection.execute(delete(session).where(_COLUMN.ends_ms <= now_ms))
    oldest = (
        select(_COLUMN.id)
        .where(_COLUMN.account == user.id)
        .order_by(_COLUMN.seen_ms.desc(), _COLUMN.id.desc())
        .offset(MOST_PER_USER - 1)
    )
    surplus = list(connection.scalars(oldest))
    if surplus:
        connection.execute(delete(session).where(_COLUMN.id.in_(surplus)))
    connection.execute(
        insert(session).values(
            account=user.id,
            hash=_hash(secret),
            needs_code=needs_code,
            made_ms=now_ms,
            seen_ms=now_ms,
            ends_ms=now_ms + total_ms,
            address=address[:64],
            agent=_one_line(agent)[:200],
        )
    )
    return NewSession(secret, user, needs_code)


def find(connection: Connection, secret: str, now_ms: int) -> Session | None:
    """Return the session of a secret, None if there is none or it is over."""
    query = _SESSIONS.where(_COLUMN.hash == _hash(secret))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    current = _session(row)
    return None if current.is_over(now_ms) else current


def every(connection: Connection, now_ms: int, user: int | None = None) -> list[Session]:
    """Return the sessions that are not over, the one that was used last first. `user`: whose,
    everybody's if None."""
    query = _SESSIONS.order_by(_COLUMN.seen_ms.desc(), _COLUMN.id)
    if user is not None:
        query = query.where(_COLUMN.account == user)
    sessions = [_session(row) for row in connection.execute(query)]
    return [current for current in sessions if not current.is_over(now_ms)]


def mark_seen(connection: Connection, number: int, address: str, now_ms: int) -> None:
    """Note that a session was used now, from where."""
    values = {"seen_ms": now_ms, "address": address[:64]}
    connection.execute(update(session).where(_COLUMN.id == number).values(values))


def end(connection: Connection, number: int) -> None:
    """End a session."""
    connection.execute(delete(session).where(_COLUMN.id == number))


def end_all(connection: Connection, user: int, *, but: int | None = None) -> int:
    """End a user's sessions, except `but`; return how many."""
    query = delete(session).where(_COLUMN.account == user)
    if but is not None:
        query = query.where(_COLUMN.id != but)
    return connection.execute(query).rowcount


def end_everybodys(connection: Connection) -> None:
    """End all sessions of all users."""
    connection.execute(delete(session))


_OWN = [column.label(f"session_{column.name}") for column in session.c]
_SESSIONS = select(account, *_OWN).join(session, _COLUMN.account == account.c.id)


def _session(row: object) -> Session:
    values = row._mapping  # type: ignore[attr-defined]
    return Session(
        id=values["session_id"],
        user=user_of(row),  # type: ignore[arg-type]
        needs_code=bool(values["session_needs_code"]),
        made_ms=values["session_made_ms"],
        seen_ms=values["session_seen_ms"],
        ends_ms=values["session_ends_ms"],
        address=values["session_address"],
        agent=values["session_agent"],
    )


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
