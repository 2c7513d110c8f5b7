"""Users: who they are, which role they have, and where."""

import re
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, insert, select, update

from fleet_manager.access.actor import Role
from fleet_manager.database.tables_people import account
from fleet_manager.errors import CentreError

LANGUAGES = ("zh", "en", "")
MAX_SHOWN_CHARS = 64
_NAME = re.compile(r"[a-z0-9._-]{1,32}")
_COLUMN = account.c


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`name`: by which they sign in. `shown`: as people write it, such as 张丽. `station`: their
    scope, empty for the park. `language`: empty for the browser's. `invited`: they have set no
    password yet."""

    id: int
    name: str
    shown: str
    role: Role
    station: str
    language: str
    created_ms: int
    disabled_ms: int | None
    has_second_factor: bool
    invited: bool


def is_name(name: str) -> bool:
    """Return whether `name` can be a user's."""
    return _NAME.fullmatch(name) is not None


def check_name(name: str) -> None:
    """Raise CentreError if `name` cannot be a user's or a token's."""
    if not is_name(name):
        raise CentreError(
            f"cannot use the name {name[:40]!r}: must be 1 to 32 of a-z, 0-9 and . - _"
        )


def check_shown(shown: str) -> None:
    """Raise CentreError if `shown` cannot be shown as a person's name."""
    if not shown.strip() or len(shown) > MAX_SHOWN_CHARS or not shown.isprintable():
        raise CentreError(
            f"cannot use the shown name {shown[:80]!r}: must be 1 to {MAX_SHOWN_CHARS} characters "
            "in one line"
        )


def check_language(language: str) -> None:
    """Raise CentreError for a language that the console does not speak."""
    if language not in LANGUAGES:
        raise CentreError(f"cannot use the language {language[:20]!r}: must be zh, en or empty")


def find_by_name(connection: Connection, name: str) -> User | None:
    """Return the user of a name, None if nobody has it."""
    row = connection.execute(select(account).where(_COLUMN.name == name)).one_or_none()
    return None if row is None else user_of(row)


def find_named(connection: Connection, name: str) -> User:
    """Return the user of a name. Raises CentreError if nobody has it."""
    user = find_by_name(connection, name)
    if user is None:
        raise CentreError(
            f"cannot find user {name[:40]!r}", "`fleet-manager user list` shows all of them"
        )
    return user


def find(connection: Connection, number: int) -> User:
    """Return a user by number. Raises CentreError if there is none."""
    row = connection.execute(select(account).where(_COLUMN.id == number)).one_or_none()
    if row is None:
        raise CentreError(f"cannot find user number {number}")
    return user_of(row)


def every(connection: Connection) -> list[User]:
    """Return all users in the order of their names."""
    return [user_of(row) for row in connection.execute(select(account).order_by(_COLUMN.name))]


def add(
    connection: Connection,
    name: str,
    shown: str,
    role: Role,
    *,
    station: str,
    language: str,
    now_ms: int,
) -> User:
    """Store a new user who has no password yet. Raises CentreError if the name is taken."""
    if find_by_name(connection, name) is not None:
        raise CentreError(
            f"cannot add user {name}: there is one",
            "names are never given to another person; `fleet-manager user enable` brings one back",
        )
    values = {
        "name": name,
        "shown": shown,
        "role": role.value,
        "station": station,
        "language": language,
        "step": 0,
        "created_ms": now_ms,
    }
    connection.execute(insert(account).values(values))
    return find_named(connection, name)


def change(connection: Connection, number: int, **values: object) -> None:
    """Set columns of a user."""
    connection.execute(update(account).where(_COLUMN.id == number).values(**values))


def has_password(connection: Connection, number: int, stored: str | None) -> bool:
    """Return whether a user is enabled, and their password is still the one that was `stored`."""
    query = select(_COLUMN.password, _COLUMN.disabled_ms).where(_COLUMN.id == number)
    row = connection.execute(query).one()
    return row.disabled_ms is None and row.password == stored and stored is not None


def count_administrators(connection: Connection) -> int:
    """Return how many administrators are enabled."""
    query = select(func.count()).where(
        _COLUMN.role == Role.ADMINISTRATOR.value, _COLUMN.disabled_ms.is_(None)
    )
    return connection.scalar(query) or 0


def user_of(row: Row[tuple[object, ...]]) -> User:
    """Return the user in a row that has all columns of `account`."""
    values = row._mapping
    return User(
        id=values["id"],
        name=values["name"],
        shown=values["shown"],
        role=Role(values["role"]),
        station=values["station"],
        language=values["language"],
        created_ms=values["created_ms"],
        disabled_ms=values["disabled_ms"],
        has_second_factor=values["factor"] is not None,
        invited=values["password"] is None,
    )
