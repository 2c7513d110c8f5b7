"""People 人员: who signs in, as what and where; their sessions and links."""

from dataclasses import dataclass
from typing import Any

from fleet_manager.access import links, sessions, users
from fleet_manager.access.actor import Role
from fleet_manager.access.rights import Act, View
from fleet_manager.access.sessions import Session
from fleet_manager.access.users import User
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates
from fleet_manager.services.people import users as acts
from fleet_manager.services.people.users import Invited, NewUser, UserChange
from fleet_manager.web.ask import Answer, Ask, Fields, Redirect, show
from fleet_manager.web.refusals import refused
from fleet_manager.web.registry import act, page

_ROLES = tuple(role.value for role in Role if role is not Role.DISPLAY)


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user in the table, with the sessions that are open now."""

    user: User
    sessions: tuple[Session, ...]

    @property
    def state(self) -> tuple[str, str]:
        """Return the level, and the key of the word for it."""
        if self.user.disabled_ms is not None:
            return "off", "people.disabled"
        return ("watch", "people.invited") if self.user.invited else ("well", "people.active")


def _all_again(ask: Ask, error: CentreError) -> Answer:
    return refused(ask, error, "people.html", wanted=ask.form, **_users(ask))


def _again(ask: Ask, error: CentreError) -> Answer:
    return refused(ask, error, "people_user.html", **_user(ask, ask.form.get("user")))


@page("/people", View.PEOPLE)
def list_users(ask: Ask) -> Answer:
    """Show all users."""
    return show("people.html", error="", hint="", wanted=Fields(), **_users(ask))


@act("/people/add", Act.USER_ADD, again=_all_again)
def add(ask: Ask) -> Answer:
    """Add a user and show their link, this once."""
    form = ask.form
    wanted = NewUser(
        name=form.get("name").lower(),
        shown=form.get("shown") or form.get("name"),
        role=Role(form.choice("role", _ROLES, Role.CASHIER.value)),
        station=form.get("station"),
        language=form.get("language"),
    )
    invited = acts.add_user(ask.centre, ask.who, wanted)
    return _link(ask, invited)


@page("/people/user", View.PEOPLE)
def show_user(ask: Ask) -> Answer:
    """Show one user."""
    return show("people_user.html", error="", hint="", **_user(ask, ask.query.get("name")))


@act("/people/set", Act.USER_SET, again=_again)
def set_user(ask: Ask) -> Answer:
    """Change a user."""
    form, name = ask.form, ask.form.get("user")
    change = UserChange(
        shown=form.get("shown"),
        role=Role(form.choice("role", _ROLES, Role.CASHIER.value)),
        station=form.get("station"),
        language=form.get("language"),
    )
    acts.set_user(ask.centre, ask.who, name, change)
    return _back(ask, name, "people.changed")


@act("/people/disable", Act.USER_DISABLE, again=_again)
def disable(ask: Ask) -> Answer:
    """Let a user in no more."""
    name = ask.form.get("user")
    acts.disable(ask.centre, ask.who, name, ask.form.get("reason"))
    return _back(ask, name, "people.is_disabled")


@act("/people/enable", Act.USER_ENABLE, again=_again)
def enable(ask: Ask) -> Answer:
    """Let a disabled user in again."""
    name = ask.form.get("user")
    acts.enable(ask.centre, ask.who, name, ask.form.get("reason"))
    return _back(ask, name, "people.is_enabled")


@act("/people/reset", Act.USER_RESET, again=_again)
def reset(ask: Ask) -> Answer:
    """End a user's password and show the link for another, this once."""
    name = ask.form.get("user")
    invited = acts.reset_link(
        ask.centre, ask.who, name, also_second_factor=bool(ask.form.get("second_factor"))
    )
    return _link(ask, invited)


@act("/people/end-sessions", Act.SESSION_END, again=_again)
def end_sessions(ask: Ask) -> Answer:
    """End all sessions of a user."""
    name = ask.form.get("user")
    acts.end_sessions(ask.centre, ask.who, name)
    return _back(ask, name, "people.sessions_ended")


def role_choices(ask: Ask, roles: tuple[str, ...] = _ROLES) -> list[tuple[str, str]]:
    """Return roles with their names, for a list to choose from."""
    return [(role, ask.t(f"role.{role}")) for role in roles]


def station_choices(ask: Ask) -> list[tuple[str, str]]:
    """Return the stations with their names, for a list to choose from."""
    with ask.centre.store.read() as connection:
        stations = gates.stations(connection)
    return [(station.id, ask.pick(station.name_zh, station.name_en)) for station in stations]


def _users(ask: Ask) -> dict[str, Any]:
    """Return what the page of all users shows."""
    with ask.centre.store.read() as connection:
        listed = users.every(connection)
        alive = sessions.every(connection, ask.now_ms)
    by_user: dict[int, list[Session]] = {}
    for session in alive:
        by_user.setdefault(session.user.id, []).append(session)
    rows = [UserRow(user, tuple(by_user.get(user.id, ()))) for user in listed]
    # Whoever is in use comes first; the disabled last.
    rows.sort(key=lambda row: (row.user.disabled_ms is not None, row.user.name))
    stations = station_choices(ask)
    return {
        "rows": rows,
        "roles": role_choices(ask),
        "stations": stations,
        "station_names": dict(stations),
    }


def _user(ask: Ask, name: str) -> dict[str, Any]:
    """Return what the page of one user shows. Raises CentreError if there is none."""
    with ask.centre.store.read() as connection:
        user = users.find_named(connection, name)
        row = UserRow(user, tuple(sessions.every(connection, ask.now_ms, user.id)))
    stations = station_choices(ask)
    return {
        "row": row,
        "roles": role_choices(ask),
        "stations": stations,
        "station_names": dict(stations),
    }


def _back(ask: Ask, name: str, key: str) -> Answer:
    return Redirect(f"/people/user?name={name}", notice=ask.t(key, name=name))


def _link(ask: Ask, invited: Invited) -> Answer:
    """Show a link that nobody can see again: not by a redirect, whose address would be kept."""
    return show(
        "once.html",
        title=ask.t("people.link_title", name=invited.user.shown),
        words=ask.t("people.link_words"),
        secrets=(f"{ask.origin}{links.path_of(invited.secret)}",),
        back=f"/people/user?name={invited.user.name}",
    )
