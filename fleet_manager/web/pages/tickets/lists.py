"""List versions 名单版本: which are published, and which gate has which."""

from fleet_manager.access.rights import Act, View
from fleet_manager.gates import gates
from fleet_manager.lists import versions
from fleet_manager.services import lists as acts
from fleet_manager.web.ask import Answer, Ask, Redirect, show
from fleet_manager.web.registry import act, page


@page("/tickets/lists", View.TICKETS)
def every(ask: Ask) -> Answer:
    """Show the newest version of each list, and the version that each gate has."""
    with ask.centre.store.read() as connection:
        newest = {
            series: versions.newest(connection, series) for series in versions.every(connection)
        }
        members = [
            gate for gate in gates.every(connection) if ask.who.station in {"", gate.station}
        ]
    return show("lists.html", newest=newest, gates=members)


@act("/tickets/lists/make", Act.LIST_MAKE)
def make(ask: Ask) -> Answer:
    """Make new versions now, without waiting for the next round."""
    made = acts.make(ask.centre, ask.who)
    return Redirect("/tickets/lists", notice=ask.t("lists.made", count=len(made)))
