"""What a line of an order costs now, as one value that is frozen into the line."""

from dataclasses import dataclass
from datetime import date

from fleet_manager.errors import CentreError
from fleet_manager.park_time import Calendar
from fleet_manager.sales.prices.agreement import PARK_ALONE, Priced, RefundPolicy
from fleet_manager.sales.prices.catalogue import Catalogue, PriceList, Slot
from fleet_manager.tickets.products import Product

_MINUTE_S = 60
FAR_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`persons` of a product on a visiting day. `slot`: `10:00`, '' for none. `proof`: the
    eligibility whose document the cashier has seen."""

    product: str
    persons: int
    day: date
    slot: str = ""
    channel: str = "window"
    proof: str = ""


def quote(catalogue: Catalogue, calendar: Calendar, wanted: Wanted, now_ms: int) -> Priced:
    """Return what it costs and what else is agreed. `now_ms`: UTC.

    Raises CentreError with one reason: no such product, no price, a day that is over or far away,
    a slot that is not, a document that nobody has seen.
    """
    product = catalogue.find(wanted.product)
    day = wanted.day.toordinal()
    today = calendar.day(now_ms)
    if not today <= day <= today + FAR_DAYS:
        raise CentreError(
            f"cannot sell {product.code} for {wanted.day}: must be from today to a year ahead"
        )
    agreed = catalogue.list_for(product, day)
    _check_proof(catalogue, agreed, wanted)
    slot = _slot(catalogue, product, wanted)
    window = _window(calendar, product, agreed, slot, wanted.day)
    if window[1] * 1000 <= now_ms:
        raise CentreError(f"cannot sell {product.code} for {wanted.day}: its time is over")
    return Priced(
        product=product.id,
        code=product.code,
        persons=wanted.persons,
        day=wanted.day,
        slot=None if slot is None else slot.first,
        unit_fen=catalogue.price_of(product, day, wanted.channel),
        version=0 if agreed is None else agreed.version,
        not_before=window[0],
        expires_at=window[1],
        eligibility="" if agreed is None else agreed.eligibility,
        refund=RefundPolicy() if agreed is None else agreed.refund,
        components=PARK_ALONE if agreed is None else agreed.components,
    )


def minute_text(minute: int) -> str:
    """Return a time of day: 600 is `10:00`, 1500 is `01:00`."""
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _check_proof(catalogue: Catalogue, agreed: PriceList | None, wanted: Wanted) -> None:
    rule = catalogue.eligibilities.get(agreed.eligibility) if agreed else None
    if rule is not None and rule.at_sale and wanted.proof != rule.code:
        raise CentreError(
            f"cannot sell {wanted.product}: nobody has looked at the document: {rule.document_en}",
            "look at it, and say so",
        )


def _slot(catalogue: Catalogue, product: Product, wanted: Wanted) -> Slot | None:
    slots = catalogue.slots.get(product.id, ())
    if not slots and not wanted.slot:
        return None
    for slot in slots:
        if minute_text(slot.first) == wanted.slot:
            return slot
    known = ", ".join(minute_text(slot.first) for slot in slots) or "none"
    raise CentreError(
        f"cannot sell {product.code} for the time {wanted.slot[:10] or 'none'}: its times are "
        f"{known}"
    )


def _window(
    calendar: Calendar, product: Product, agreed: PriceList | None, slot: Slot | None, day: date
) -> tuple[int, int]:
    """Return from when to when a ticket is good, UTC seconds."""
    start = calendar.start_of(day)
    if slot is not None:
        return start + slot.first * _MINUTE_S, start + slot.last * _MINUTE_S
    first, end = calendar.window(day, product.days)
    if agreed is not None and agreed.entry_from is not None:
        first = start + agreed.entry_from * _MINUTE_S
    if agreed is not None and agreed.entry_to is not None:
        end = calendar.window(day, product.days - 1)[1] if product.days > 1 else start
        end += agreed.entry_to * _MINUTE_S
    return first, end
