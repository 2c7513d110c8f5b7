"""Acts on tills: add, retire."""

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.gates import stations
from fleet_manager.sales.orders import tills
from fleet_manager.sales.orders.tills import Till
from fleet_manager.sales.payments.card_numbers import refuse_card_number
from fleet_manager.services.act import performed


def add(centre: Centre, who: Actor, till: Till) -> None:
    """Add a till. Raises CentreError for an id that is taken, and for a station that is not."""
    with performed(centre, who, Act.TILL_ADD, f"till {till.id}") as deed:
        refuse_card_number(till.id, till.name_zh, till.name_en)
        stations.find(deed.connection, till.station)
        tills.add(deed.connection, till)
        deed.after = {
            "station": till.station,
            "kind": till.kind.value,
            "name_zh": till.name_zh,
            "name_en": till.name_en,
        }


def retire(centre: Centre, who: Actor, till: str, *, undo: bool = False) -> None:
    """Sell nothing at a till any more, or with `undo` again. Raises CentreError if there is none,
    or it is so already."""
    with performed(centre, who, Act.TILL_RETIRE, f"till {till}") as deed:
        retired_ms = None if undo else centre.clock()
        tills.retire(deed.connection, till, retired_ms)
        deed.after = {"retired_ms": retired_ms}
