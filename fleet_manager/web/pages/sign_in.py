"""Signing in, with a second factor where one is set; signing out; one-time links."""

from urllib.parse import quote

from fleet_manager.access.sessions import COOKIE
from fleet_manager.errors import CentreError
from fleet_manager.services.people import sign_in
from fleet_manager.services.people.attempts import SignInRefused
from fleet_manager.web.ask import Answer, Ask, Redirect, ShowPage, show
from fleet_manager.web.guard import safe_target
from fleet_manager.web.refusals import in_language
from fleet_manager.web.registry import act, open_to_all


@open_to_all("GET", "/sign-in")
def form(ask: Ask) -> Answer:
    """Show the form; who is signed in already goes on."""
    target = safe_target(ask.query.get("next", "/"))
    if ask.signed_in is not None:
        return Redirect(target)
    return _form(ask, target)


@open_to_all("POST", "/sign-in")
def enter(ask: Ask) -> Answer:
    """Open a session, always a new one: nobody can be given one beforehand."""
    target = safe_target(ask.form.get("next", "/"))
    name, code = ask.form.get("name").lower(), ask.form.get("code")
    try:
        session = sign_in.sign_in(
            ask.centre,
            name,
            ask.form.raw("password"),
            code=code,
            address=ask.address,
            agent=ask.agent,
        )
    except SignInRefused as error:
        message, hint = in_language(error, ask.language)
        return _form(ask, target, name=name, error=message, hint=hint, status=403)
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
    except SignInRefused as error:
        message, hint = in_language(error, ask.language)
        return show("code.html", target=target, error=message, hint=hint, status=403)
    return Redirect(target, cookies={COOKIE: session.secret})


@act("/sign-out")
def leave(ask: Ask) -> Answer:
    """End this session."""
    assert ask.signed_in is not None
    sign_in.sign_out(ask.centre, ask.signed_in)
    return Redirect("/sign-in", cookies={COOKIE: ""})


@open_to_all("GET", "/link")
def link(ask: Ask) -> Answer:
    """Show the form of a one-time link: who follows it chooses a password."""
    return show("link.html", secret=ask.query.get("secret"), error="", hint="")


@open_to_all("POST", "/link")
def use_link(ask: Ask) -> Answer:
    """Set the password that a one-time link allows, once."""
    secret, password = ask.form.get("secret"), ask.form.raw("password")
    try:
        _compare(ask, password)
        session = sign_in.use_link(
            ask.centre, secret, password, address=ask.address, agent=ask.agent
        )
    except CentreError as error:
        message, hint = in_language(error, ask.language)
        return show("link.html", secret=secret, error=message, hint=hint, status=422)
    to = "/sign-in/code" if session.needs_code else "/"
    return Redirect(to, notice=ask.t("link.done"), cookies={COOKIE: session.secret})


def _compare(ask: Ask, password: str) -> None:
    if password != ask.form.raw("again"):
        raise CentreError(ask.t("link.differ"))


def _form(
    ask: Ask, target: str, *, name: str = "", error: str = "", hint: str = "", status: int = 200
) -> ShowPage:
    values = {"target": target, "name": name, "error": error, "hint": hint}
    return ShowPage("sign_in.html", values, status)
