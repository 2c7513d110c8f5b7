"""Acts on series of codes: who sells them, and whether more are taken in."""

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.sellers import sellers
from fleet_manager.services.act import performed


def set_owner(centre: Centre, who: Actor, series: str, owner: str) -> None:
    """Say who sells the codes of a series. Raises CentreError."""
    with performed(centre, who, Act.SERIES_SET, f"series {series}") as deed:
        deed.before = {"owner": sellers.find_series(deed.connection, series).owner}
        sellers.set_owner(deed.connection, series, owner)
        deed.after = {"owner": owner}


def retire(centre: Centre, who: Actor, series: str, *, undo: bool = False) -> None:
    """Take no codes of a series in any more, or with `undo` again; those there stay as they are.

    Raises CentreError if there is none, or it is so already.
    """
    with performed(centre, who, Act.SERIES_RETIRE, f"series {series}") as deed:
        retired_ms = None if undo else centre.clock()
        sellers.retire(deed.connection, series, retired_ms)
        deed.after = {"retired_ms": retired_ms}
