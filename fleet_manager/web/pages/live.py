"""Live 实时: who is inside now, what each gate does, which gates are silent; the wall screen."""

from fleet_manager.access.rights import Act, View, may_see
from fleet_manager.limits import Limits
from fleet_manager.reports import live
from fleet_manager.services import park
from fleet_manager.services.people import sign_in
from fleet_manager.web.ask import Answer, Ask, Redirect, show
from fleet_manager.web.registry import act, open_to_all, page


@page("/live", View.LIVE)
def now(ask: Ask) -> Answer:
    """Show the park now."""
    return show("live.html", live=_read(ask, ask.who.station), feed="/live/feed", wall=False)


@open_to_all("GET", "/wall/{token}")
def wall(ask: Ask) -> Answer:
    """Show the park now on a screen that nobody signs in at. `token`: of a display."""
    token = ask.path.removeprefix("/wall/")
    actor = sign_in.who_holds(ask.centre, token, ask.address)
    if actor is None or not may_see(actor, View.LIVE):
        return show("error.html", message=ask.t("live.no_token"), hint="", status=403)
    feed = f"/wall/{token}/feed"
    return show("live.html", live=_read(ask, actor.station), feed=feed, wall=True)


@act("/live/limits", Act.PARK_LIMITS)
def set_limits(ask: Ask) -> Answer:
    """Set how many visitors the park may hold."""
    limits = Limits(
        ask.form.number("at_once", 0, high=10_000_000),
        ask.form.number("in_a_day", 0, high=10_000_000),
    )
    park.set_limits(ask.centre, ask.who, limits)
    return Redirect("/live", notice=ask.t("live.limits_set"))


def _read(ask: Ask, station: str) -> live.Live:
    with ask.centre.store.read() as connection:
        return live.read(connection, ask.centre.calendar, ask.now_ms, station)
