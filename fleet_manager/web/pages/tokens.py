"""Tokens 令牌: by which programs and wall screens come in."""

from typing import Any

from fleet_manager.access import tokens
from fleet_manager.access.actor import Role
from fleet_manager.access.rights import Act, View
from fleet_manager.access.tokens import NewToken
from fleet_manager.errors import CentreError
from fleet_manager.services.people import tokens as acts
from fleet_manager.web.ask import Answer, Ask, Fields, Redirect, show
from fleet_manager.web.pages.people import role_choices, station_choices
from fleet_manager.web.refusals import refused
from fleet_manager.web.registry import act, page

_ROLES = tuple(role.value for role in Role if role is not Role.ADMINISTRATOR)
_DAY_MS = 86_400_000
_LEVELS = {"active": "well", "expired": "watch", "ended": "off"}


def _add_again(ask: Ask, error: CentreError) -> Answer:
    return refused(ask, error, "people_tokens.html", wanted=ask.form, **_tokens(ask))


def _end_again(ask: Ask, error: CentreError) -> Answer:
    return refused(ask, error, "people_tokens.html", wanted=Fields(), **_tokens(ask))


@page("/people/tokens", View.PEOPLE)
def list_tokens(ask: Ask) -> Answer:
    """Show all tokens, the newest first."""
    return show("people_tokens.html", error="", hint="", wanted=Fields(), **_tokens(ask))


@act("/people/tokens/add", Act.TOKEN_ADD, again=_add_again)
def add(ask: Ask) -> Answer:
    """Make a token and show it, this once."""
    form = ask.form
    new = acts.add_token(
        ask.centre,
        ask.who,
        form.get("name").lower(),
        Role(form.choice("role", _ROLES, Role.DISPLAY.value)),
        station=form.get("station"),
        valid_ms=form.number("days", 365, low=1, high=400) * _DAY_MS,
    )
    return _once(ask, new)


@act("/people/tokens/end", Act.TOKEN_END, again=_end_again)
def end(ask: Ask) -> Answer:
    """End a token."""
    number = ask.form.get("token")
    acts.end_token(ask.centre, ask.who, number, ask.form.get("reason"))
    return Redirect("/people/tokens", notice=ask.t("tokens.is_ended"))


def _tokens(ask: Ask) -> dict[str, Any]:
    with ask.centre.store.read() as connection:
        listed = tokens.every(connection)
    rows = [(token, state := token.state(ask.now_ms), _LEVELS[state]) for token in listed]
    stations = station_choices(ask)
    return {
        "rows": rows,
        "roles": role_choices(ask, _ROLES),
        "stations": stations,
        "station_names": dict(stations),
    }


def _once(ask: Ask, new: NewToken) -> Answer:
    shown = [new.text]
    if new.token.role is Role.DISPLAY:
        shown.append(f"{ask.origin}/wall/{new.text}")
    return show(
        "once.html",
        title=ask.t("tokens.once_title", name=new.token.name),
        words=ask.t("tokens.once_words"),
        secrets=shown,
        back="/people/tokens",
    )
