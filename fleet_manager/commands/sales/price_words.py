"""Prices as people type and read them at a shell."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from fleet_manager.errors import CentreError
from fleet_manager.sales.orders.basket import Channel
from fleet_manager.sales.prices.agreement import PARK_ALONE, Component
from fleet_manager.sales.prices.catalogue import Catalogue, PriceRow, Slot
from fleet_manager.sales.prices.quote import minute_text
from fleet_manager.terminal.words import price, read_price

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAY_MINUTES = 24 * 60


def day_of(given: date | None) -> date | None:
    """Return a day without the time that click adds to it."""
    return given.date() if isinstance(given, datetime) else given


def read_amount(text: str) -> PriceRow:
    """Return the price in `120.00`, `kiosk=115.00` or `window/peak/weekend=150.00`. Raises
    CentreError."""
    place, _, amount = text.rpartition("=")
    parts = place.split("/")
    if len(parts) > 3:
        raise CentreError(
            f"cannot use the price {text!r}: must be like 120.00 or kiosk/peak/weekend=115.00"
        )
    channel, season, day_kind = [*parts, "", ""][:3]
    return PriceRow(season, day_kind, channel, read_price(amount))


def read_hours(text: str | None) -> tuple[int | None, int | None]:
    """Return the minutes since midnight in `18:00-22:00`; an end before the beginning is past
    midnight. Raises CentreError."""
    if text is None:
        return None, None
    match = _HOURS.fullmatch(text)
    if match is None:
        raise CentreError(f"cannot use the time {text!r}: must be like 18:00-22:00")
    first, last = (int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))
    return first, last if last > first else last + _DAY_MINUTES


def read_slot(text: str) -> Slot:
    """Return the time slot in `09:00-10:00=200`. Raises CentreError."""
    hours, _, persons = text.partition("=")
    first, last = read_hours(hours)
    count = read_count(persons)
    if first is None or last is None or count is None:
        raise CentreError(f"cannot use the time slot {text!r}: must be like 09:00-10:00=200")
    return Slot(first, last, count)


def read_count(text: str) -> int | None:
    """Return a number of persons, None for `none`. Raises CentreError."""
    if text == "none":
        return None
    if text.isascii() and text.isdecimal() and len(text) < 8:
        return int(text)
    raise CentreError(f"cannot use the number {text!r}: must be persons, or none")


def read_shares(texts: Sequence[str]) -> tuple[Component, ...]:
    """Return the components in `bus:bus-company=35.00`; the park has the rest. Raises
    CentreError."""
    parts = []
    for text in texts:
        place, _, amount = text.partition("=")
        code, _, merchant = place.partition(":")
        if not (code and merchant and amount):
            raise CentreError(f"cannot use the share {text!r}: must be like bus:bus-company=35.00")
        parts.append(Component(code=code, merchant=merchant, fen=read_price(amount)))
    return (*PARK_ALONE, *parts)


def prices_on(goods: Catalogue, day: int) -> list[dict[str, Any]]:
    """Return what each product costs on a park day, by channel; None where it is not sold."""
    lines = []
    for product in sorted(goods.products.values(), key=lambda item: item.id):
        agreed = goods.list_for(product, day)
        line: dict[str, Any] = {
            "product": product.code,
            "version": 0 if agreed is None else agreed.version,
        }
        for channel in Channel:
            try:
                line[channel.value] = price(goods.price_of(product, day, channel.value))
            except CentreError:
                line[channel.value] = None
        line["eligibility"] = agreed.eligibility if agreed else ""
        line["slots"] = " ".join(
            minute_text(slot.first) for slot in goods.slots.get(product.id, ())
        )
        line["quota"] = goods.quota_of(product, day)
        lines.append(line)
    return lines
