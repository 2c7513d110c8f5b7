"""Acts on ticket lists: make new versions now."""

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.lists.publisher import ListPublisher
from fleet_manager.lists.versions import Version
from fleet_manager.services.act import performed


def make(centre: Centre, who: Actor) -> list[Version]:
    """Make a new version of each list that has changed, and return them."""
    publisher = ListPublisher(centre.unlock().list)
    with performed(centre, who, Act.LIST_MAKE, "lists") as deed:
        now_ms = centre.clock()
        due = publisher.due(deed.connection, now_ms)
        made = [publisher.update(deed.connection, series, now_ms) for series in due]
        deed.after = {version.series: version.version for version in made}
    return made
