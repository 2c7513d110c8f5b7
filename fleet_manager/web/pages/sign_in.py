"""Signing in, with a second factor where one is set; signing out; one-time links."""

from urllib.parse import quote

from fleet_manager.access.links import Purpose
from fleet_manager.access.sessions import COOKIE, NewSession
from fleet_manager.errors import CentreError
from fleet_manager.services.people import sign_in
from fleet_manager.web.ask import Answer, Ask, Redirect, show
from fleet_manager.web.guard import safe_target
from fleet_manager.web.refusals import refused
from fleet_manager.web.registry import act, open_to_all


@open_to_all("GET", "/sign-in")
def form(ask: Ask) -> Answer:
    """Show the form; who is signed in already goes on."""
    target = safe_target(ask.query.get("next", "/"))
    if ask.signed_in is not None:
        return Redirect(target)
    return show("sign_in.html", target=target, name="", error="", hint="")


@open_to_all("POST", "/sign-in")
def enter(ask: Ask) -> Answer:
    """Open a session, always a new one: nobody can be given one beforehand."""
    target = safe_target(ask.form.get("next", "/"))
    name = ask.form.get("name").lower()
    try:
        session = sign_in.sign_in(
            ask.centre,
            name,
            ask.form.raw("password"),
            address=ask.address,
            agent=ask.agent,
        )
    except CentreError as error:
        return refused(ask, error, "sign_in.html", target=target, name=name)
    if session.needs_code:
        target = f"/sign-in/code?next={quote(target)}"
    return Redirect(target, cookies={COOKIE: session.secret})


@open_to_all("GET", "/sign-in/code")
def code_form(ask: Ask) -> Answer:
    """Show the form for the second factor."""
    return show("code.html", target=safe_target(ask.query.get("next", "/")), error="", hint="")


@open_to_all("POST", "/sign-in/code")
def enter_code(ask: Ask) -> Answer:
    """Finish signing in with the code of the second factor."""
    target = safe_target(ask.form.get("next", "/"))
    code = ask.form.get("code").replace(" ", "")
    try:
        session = sign_in.confirm_code(
            ask.centre, ask.secret, code, address=ask.address, agent=ask.agent
        )
    except CentreError as error:
        return refused(ask, error, "code.html", target=target)
    return Redirect(target, cookies={COOKIE: session.secret})


@act("/sign-out")
def leave(ask: Ask) -> Answer:
    """End this session."""
    assert ask.signed_in is not None
    sign_in.sign_out(ask.centre, ask.signed_in)
    return Redirect("/sign-in", cookies={COOKIE: ""})


@open_to_all("GET", "/link")
def link(ask: Ask) -> Answer:
    """Show the form of a one-time link, for whom it is and why; that uses nothing of it, for chat
    programs look at links before people do."""
    secret = ask.query.get("secret")
    try:
        offer = sign_in.look_at_link(ask.centre, secret)
    except CentreError as error:
        return refused(ask, error, "link.html", secret="", offer=None)
    return show("link.html", secret=secret, offer=offer, error="", hint="")


@open_to_all("POST", "/link")
def use_link(ask: Ask) -> Answer:
    """Set the password that a one-time link allows, once."""
    secret = ask.form.get("secret")
    try:
        session = _session_by_link(ask, secret)
    except CentreError as error:
        return refused(ask, error, "link.html", secret=secret, offer=_offer(ask, secret))
    to = "/sign-in/code" if session.needs_code else "/"
    return Redirect(to, notice=ask.t("link.used"), cookies={COOKIE: session.secret})


def _session_by_link(ask: Ask, secret: str) -> NewSession:
    if sign_in.look_at_link(ask.centre, secret).purpose is Purpose.ENTRY:
        return sign_in.enter_by_link(ask.centre, secret, address=ask.address, agent=ask.agent)
    password = new_password(ask, "password")
    return sign_in.use_link(ask.centre, secret, password, address=ask.address, agent=ask.agent)


def new_password(ask: Ask, field: str) -> str:
    """Return the password in a field. Raises CentreError if it was typed another way again."""
    password = ask.form.raw(field)
    if password != ask.form.raw("again"):
        raise CentreError(ask.t("link.differ"))
    return password


def _offer(ask: Ask, secret: str) -> sign_in.LinkOffer | None:
    try:
        return sign_in.look_at_link(ask.centre, secret)
    except CentreError:
        return None
