"""Signing in, with a second factor where one is set; signing out; one-time links."""

from fleet_manager.access.sessions import COOKIE
from fleet_manager.errors import CentreError
from fleet_manager.services import sign_in
from fleet_manager.services.sign_in import SignInRefused
from fleet_manager.web.ask import Answer, Ask, Redirect, Show, show
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
    return show("link.html", secret=ask.query.get("key"), error="", hint="")


@open_to_all("POST", "/link")
def use_link(ask: Ask) -> Answer:
    """Set the password that a one-time link allows, once."""
    secret, password = ask.form.get("key"), ask.form.raw("password")
    try:
        if password != ask.form.raw("again"):
            raise CentreError(ask.t("link.differ"))
        user = sign_in.use_link(ask.centre, secret, password, address=ask.address)
    except CentreError as error:
        message, hint = in_language(error, ask.language)
        return show("link.html", secret=secret, error=message, hint=hint, status=422)
    return Redirect("/sign-in", notice=ask.t("link.done", name=user.name))


def _form(
    ask: Ask, target: str, *, name: str = "", error: str = "", hint: str = "", status: int = 200
) -> Show:
    values = {"target": target, "name": name, "error": error, "hint": hint}
    return Show("sign_in.html", values, status)
