"""Places of time slots and days: held for an order, sold, given back. Never more than there are.

Inside the caller's transaction. A place is taken by adding to a counter whose row stays locked
until the transaction ends: of two that want the last one, the second is refused.
"""

from sqlalchemy import Connection, bindparam, delete, select, update

from fleet_manager.database import store
from fleet_manager.database.sales.prices import place_hold, places
from fleet_manager.errors import CentreError
from fleet_manager.sales.prices.agreement import Priced
from fleet_manager.sales.prices.catalogue import Catalogue
from fleet_manager.sales.prices.quote import minute_text

WHOLE_DAY = -1
_HOLD, _PLACES = place_hold.c, places.c
_TAKEN = select(_PLACES.taken).where(
    _PLACES.product == bindparam("of"),
    _PLACES.day == bindparam("on"),
    _PLACES.from_minute == bindparam("at"),
)
_OF_ORDER = select(place_hold).where(_HOLD.order_no == bindparam("of"))
_SOLD = update(place_hold).where(_HOLD.order_no == bindparam("of")).values(until_ms=None)
_GONE = delete(place_hold).where(_HOLD.order_no == bindparam("of"))


def hold(
    connection: Connection,
    catalogue: Catalogue,
    order_no: int,
    line: int,
    priced: Priced,
    until_ms: int | None,
) -> None:
    """Take the places of an order line until `until_ms` (UTC), None for ever. Raises CentreError if
    there are too few."""
    product, day = priced.product, priced.day.toordinal()
    quota = catalogue.quota_of(catalogue.products[priced.code], day)
    slot = next(
        (slot for slot in catalogue.slots.get(product, ()) if slot.first == priced.slot), None
    )
    if quota is None and slot is None:
        return
    _take(connection, product, day, WHOLE_DAY, priced.persons)
    if quota is not None:
        _check(connection, priced, WHOLE_DAY, quota, f"on {priced.day}")
    if slot is not None:
        _take(connection, product, day, slot.first, priced.persons)
        _check(connection, priced, slot.first, slot.persons, f"at {minute_text(slot.first)}")
    minute = WHOLE_DAY if slot is None else slot.first
    row = (order_no, line, product, day, minute, priced.persons, until_ms)
    store.insert_rows(connection, place_hold, [row])


def _check(connection: Connection, priced: Priced, minute: int, most: int, when: str) -> None:
    """Raise CentreError if more places are taken now than there are."""
    taken = taken_of(connection, priced.product, priced.day.toordinal(), minute)
    if taken > most:
        free = max(0, most - taken + priced.persons)
        raise CentreError(
            f"cannot sell {priced.persons} of {priced.code} {when}: {free} are left of {most}"
        )


def taken_of(connection: Connection, product: int, day: int, minute: int) -> int:
    """Return how many places are taken of a slot, or with WHOLE_DAY of a day."""
    rows = store.run(connection, _TAKEN, {"of": product, "on": day, "at": minute})
    return int(rows[0][0]) if rows else 0


def sell(connection: Connection, order_no: int) -> None:
    """Keep the places of an order for ever: it is paid."""
    store.run(connection, _SOLD, {"of": order_no})


def release(connection: Connection, order_no: int) -> None:
    """Give the places of an order back."""
    for row in store.run(connection, _OF_ORDER, {"of": order_no}):
        _, _, product, day, minute, persons, _ = row
        _take(connection, product, day, WHOLE_DAY, -persons)
        if minute != WHOLE_DAY:
            _take(connection, product, day, minute, -persons)
    store.run(connection, _GONE, {"of": order_no})


def _take(connection: Connection, product: int, day: int, minute: int, persons: int) -> None:
    store.add_rows(connection, places, [(product, day, minute, persons)], 1)
