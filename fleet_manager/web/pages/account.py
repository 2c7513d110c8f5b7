"""Your account 我的账户: password, second factor, language, sessions."""

from typing import Any

from markupsafe import Markup

from fleet_manager.access.second_factor import Offer
from fleet_manager.access.sessions import COOKIE
from fleet_manager.errors import CentreError
from fleet_manager.services.people import account
from fleet_manager.services.people.sign_in import SignedIn
from fleet_manager.tickets import pictures
from fleet_manager.web.app_names import LANGUAGE
from fleet_manager.web.ask import Answer, Ask, Redirect, show
from fleet_manager.web.pages.people import station_choices
from fleet_manager.web.pages.sign_in import new_password
from fleet_manager.web.refusals import refused
from fleet_manager.web.registry import act, page


def _again(ask: Ask, error: CentreError) -> Answer:
    return refused(ask, error, "account.html", **_account(ask))


@page("/account", None)
def show_account(ask: Ask) -> Answer:
    """Show one's own account."""
    return show("account.html", error="", hint="", **_account(ask))


@act("/account/password", again=_again)
def change_password(ask: Ask) -> Answer:
    """Change one's password; this browser goes on with a new session."""
    new = new_password(ask, "new")
    session = account.change_password(
        ask.centre, _me(ask), ask.form.raw("password"), new, agent=ask.agent
    )
    notice = ask.t("account.password_changed")
    return Redirect("/account", notice=notice, cookies={COOKIE: session.secret})


@act("/account/language", again=_again)
def set_language(ask: Ask) -> Answer:
    """Choose one's language, here and wherever one signs in."""
    language = ask.form.get("language")
    account.set_language(ask.centre, _me(ask), language)
    return Redirect("/account", cookies={LANGUAGE: language})


@act("/account/second-factor/offer")
def offer(ask: Ask) -> Answer:
    """Draw a secret for one's phone."""
    account.offer_second_factor(ask.centre, _me(ask))
    return Redirect("/account#second-factor")


@act("/account/second-factor/confirm", again=_again)
def confirm(ask: Ask) -> Answer:
    """Put the second factor in force and show the recovery codes, this once."""
    code = ask.form.get("code").replace(" ", "")
    codes = account.confirm_second_factor(ask.centre, _me(ask), ask.form.raw("password"), code)
    return _codes(ask, codes)


@act("/account/second-factor/codes", again=_again)
def new_codes(ask: Ask) -> Answer:
    """Replace one's recovery codes and show the new ones, this once."""
    codes = account.new_recovery_codes(ask.centre, _me(ask), ask.form.raw("password"))
    return _codes(ask, codes)


@act("/account/second-factor/drop", again=_again)
def drop(ask: Ask) -> Answer:
    """Take one's second factor out of force."""
    account.drop_second_factor(ask.centre, _me(ask), ask.form.raw("password"))
    return Redirect("/account", notice=ask.t("account.dropped"))


@act("/account/end-session", again=_again)
def end_session(ask: Ask) -> Answer:
    """End one of one's sessions elsewhere."""
    number = ask.form.number("session", high=2**53)
    account.end_own_session(ask.centre, _me(ask), number)
    return Redirect("/account", notice=ask.t("sessions.ended"))


def _me(ask: Ask) -> SignedIn:
    assert ask.signed_in is not None
    return ask.signed_in


def _account(ask: Ask) -> dict[str, Any]:
    me = _me(ask)
    offered = None
    if not me.user.has_second_factor:
        offered = account.offered_second_factor(ask.centre, me)
    return {
        "offer": offered,
        "picture": _picture(offered),
        "codes_left": account.count_recovery_codes(ask.centre, me),
        "sessions": account.own_sessions(ask.centre, me),
        "own": me.session,
        "station_names": dict(station_choices(ask)),
    }


def _picture(offered: Offer | None) -> Markup | None:
    """Return the QR code for a phone. The text in it is no mark-up: modules are drawn as a path."""
    return None if offered is None else Markup(pictures.inline_svg(offered.uri))  # noqa: S704


def _codes(ask: Ask, codes: tuple[str, ...]) -> Answer:
    return show(
        "once.html",
        title=ask.t("account.codes_title"),
        words=ask.t("account.codes_words"),
        secrets=codes,
        back="/account",
    )
