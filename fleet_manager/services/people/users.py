"""Acts on users: add, change, disable, enable, reset; end their sessions."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from fleet_manager.access import links, second_factor, sessions, throttle, users
from fleet_manager.access.actor import Actor, Role
from fleet_manager.access.links import Purpose
from fleet_manager.access.rights import Act
from fleet_manager.access.users import User
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.gates import stations
from fleet_manager.services.act import Deed, performed


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Who shall be a user. `station`: their scope, empty for the park. `language`: zh, en, or
    empty for the browser's."""

    name: str
    shown: str
    role: Role
    station: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Invited:
    """A user and the secret of the link by which they set their password: `links.path_of`."""

    user: User
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What shall be different about a user, None for nothing."""

    shown: str | None = None
    role: Role | None = None
    station: str | None = None
    language: str | None = None


def add_user(
    centre: Centre, who: Actor, wanted: NewUser, *, purpose: Purpose = Purpose.INVITATION
) -> Invited:
    """Add a user and make the link by which they set a password. Raises CentreError."""
    with performed(centre, who, Act.USER_ADD, _user(wanted.name)) as deed:
        users.check_name(wanted.name)
        users.check_shown(wanted.shown)
        users.check_language(wanted.language)
        _check_role(deed.connection, wanted.role, wanted.station)
        now_ms = centre.clock()
        user = users.add(
            deed.connection,
            wanted.name,
            wanted.shown,
            wanted.role,
            station=wanted.station,
            language=wanted.language,
            now_ms=now_ms,
        )
        secret = links.make(deed.connection, user.id, purpose, now_ms)
        deed.after = _values(user)
    return Invited(user, secret)


def set_user(centre: Centre, who: Actor, name: str, change: UserChange) -> User:
    """Change a user; another role or station ends their sessions. Raises CentreError."""
    with performed(centre, who, Act.USER_SET, _user(name)) as deed:
        before = users.find_named(deed.connection, name)
        wanted = {
            "shown": change.shown,
            "role": None if change.role is None else change.role.value,
            "station": change.station,
            "language": change.language,
        }
        values = {column: value for column, value in wanted.items() if value is not None}
        if not values:
            raise CentreError(f"cannot change user {name}: nothing to change is given")
        users.check_shown(values.get("shown", before.shown))
        users.check_language(values.get("language", before.language))
        role = change.role or before.role
        station = before.station if change.station is None else change.station
        _check_role(deed.connection, role, station)
        if role is not Role.ADMINISTRATOR or station:
            _check_not_last(deed.connection, before)
        users.change(deed.connection, before.id, **values)
        if (role, station) != (before.role, before.station):
            sessions.end_all(deed.connection, before.id)
        user = users.find(deed.connection, before.id)
        _compare(deed, before, user)
    return user


def disable(centre: Centre, who: Actor, name: str, reason: str = "") -> None:
    """Let a user in no more, from this moment; their sessions and links end. Raises CentreError."""
    with performed(centre, who, Act.USER_DISABLE, _user(name)) as deed:
        user = users.find_named(deed.connection, name)
        if user.disabled_ms is not None:
            raise CentreError(f"cannot disable user {name}: they are disabled already")
        _check_not_last(deed.connection, user)
        now_ms = centre.clock()
        users.change(deed.connection, user.id, disabled_ms=now_ms)
        links.drop(deed.connection, user.id)
        ended = sessions.end_all(deed.connection, user.id)
        deed.after, deed.reason = {"disabled_ms": now_ms, "sessions_ended": ended}, reason


def enable(centre: Centre, who: Actor, name: str, reason: str = "") -> None:
    """Let a disabled user in again, by the password that they had. Raises CentreError."""
    with performed(centre, who, Act.USER_ENABLE, _user(name)) as deed:
        user = users.find_named(deed.connection, name)
        if user.disabled_ms is None:
            raise CentreError(f"cannot enable user {name}: they are not disabled")
        users.change(deed.connection, user.id, disabled_ms=None)
        deed.before, deed.reason = {"disabled_ms": user.disabled_ms}, reason
        deed.after = {"disabled_ms": None}


def reset_link(
    centre: Centre, who: Actor, name: str, *, also_second_factor: bool = False
) -> Invited:
    """Make a link by which a user sets another password; the old one and their sessions end.

    `also_second_factor`: that is taken away, too, because the phone is lost. Raises CentreError.
    """
    with performed(centre, who, Act.USER_RESET, _user(name)) as deed:
        user = _enabled(deed.connection, name)
        users.change(deed.connection, user.id, password=None)
        if also_second_factor:
            users.change(deed.connection, user.id, factor=None, offered=None)
            second_factor.drop_recovery_codes(deed.connection, user.id)
            throttle.clear(deed.connection, throttle.second_factor(user.id))
        throttle.clear(deed.connection, throttle.account(user.id))
        ended = sessions.end_all(deed.connection, user.id)
        purpose = Purpose.INVITATION if user.invited else Purpose.RESET
        secret = links.make(deed.connection, user.id, purpose, centre.clock())
        deed.after = {"sessions_ended": ended, "second_factor_removed": also_second_factor}
    return Invited(user, secret)


def entry_link(centre: Centre, who: Actor, name: str) -> Invited:
    """Make a link by which a user signs in once, without a password: for whoever sits at this
    computer already. A password that is set stays. Raises CentreError."""
    with performed(centre, who, Act.USER_RESET, _user(name)) as deed:
        user = _enabled(deed.connection, name)
        secret = links.make(deed.connection, user.id, Purpose.ENTRY, centre.clock())
        deed.after = {"purpose": Purpose.ENTRY.value}
    return Invited(user, secret)


def _enabled(connection: Connection, name: str) -> User:
    """Return a user. Raises CentreError for one that is not there, or is disabled."""
    user = users.find_named(connection, name)
    if user.disabled_ms is not None:
        raise CentreError(
            f"cannot make a link for user {name}: they are disabled",
            f"`fleet-manager user enable {name}` first",
        )
    return user


def end_sessions(centre: Centre, who: Actor, name: str) -> int:
    """End all sessions of a user; return how many. Raises CentreError."""
    with performed(centre, who, Act.SESSION_END, _user(name)) as deed:
        user = users.find_named(deed.connection, name)
        ended = sessions.end_all(deed.connection, user.id)
        deed.after = {"sessions_ended": ended}
    return ended


def check_station(connection: Connection, station: str) -> None:
    """Raise CentreError if `station` is neither empty nor a station of the park."""
    if station:
        stations.find(connection, station)


def _check_role(connection: Connection, role: Role, station: str) -> None:
    if role is Role.DISPLAY:
        raise CentreError(
            "cannot give a person the role display: displays hold a token",
            "`fleet-manager user token add` makes one",
        )
    if role is Role.ADMINISTRATOR and station:
        raise CentreError("cannot limit an administrator to a station: they are of the whole park")
    check_station(connection, station)


def _check_not_last(connection: Connection, user: User) -> None:
    """Raise CentreError if `user` is the only administrator who is enabled."""
    if (
        user.role is Role.ADMINISTRATOR
        and user.disabled_ms is None
        and users.count_administrators(connection) == 1
    ):
        raise CentreError(
            f"cannot take the park's last administrator away: {user.name}",
            "make somebody else an administrator first",
        )


def _compare(deed: Deed, before: User, after: User) -> None:
    """Let the audit say what is different."""
    old, new = _values(before), _values(after)
    changed = [key for key in new if new[key] != old[key]]
    deed.before = {key: old[key] for key in changed}
    deed.after = {key: new[key] for key in changed}


def _values(user: User) -> dict[str, str]:
    return {
        "shown": user.shown,
        "role": user.role.value,
        "station": user.station,
        "language": user.language,
    }


def _user(name: str) -> str:
    return f"user {name[:40]}"
