"""Acts on prices: lists, seasons, special days, eligibilities, slots, quotas."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import pairwise

from sqlalchemy import delete, func, insert, select

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.database.sales import prices as tables
from fleet_manager.errors import CentreError
from fleet_manager.sales.orders.basket import Channel
from fleet_manager.sales.prices import catalogue
from fleet_manager.sales.prices.agreement import (
    PARK_ALONE,
    Component,
    RefundPolicy,
    check_components,
)
from fleet_manager.sales.prices.catalogue import DAY_KINDS, Eligibility, PriceRow, Season, Slot
from fleet_manager.services.act import performed
from fleet_manager.tickets import products

MOST_FEN = 100_000_00
MOST_PERSONS = 1_000_000
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrices:
    """What shall be agreed about a product from visiting day `from_day` on. `prices`: at least one.
    `entry_from`, `entry_to`: minutes since midnight, None for the whole day; `entry_to` above 1440
    is past midnight."""

    product: str
    prices: tuple[PriceRow, ...]
    from_day: date
    eligibility: str = ""
    entry_from: int | None = None
    entry_to: int | None = None
    refund: RefundPolicy = field(default_factory=RefundPolicy)
    components: tuple[Component, ...] = PARK_ALONE


def set_prices(centre: Centre, who: Actor, new: NewPrices) -> int:
    """Add a version of a product's list, and return its number; versions before it stay for what
    was sold. Raises CentreError for what cannot be right."""
    with performed(centre, who, Act.PRICE_SET, f"product {new.product}") as deed:
        connection = deed.connection
        product = products.find(connection, new.product)
        _check(centre, catalogue.read(connection, 0), new)
        check_components(product.code, new.components, min(row.fen for row in new.prices))
        table = tables.price_list
        newest = connection.scalar(
            select(func.max(table.c.version)).where(table.c.product == product.id)
        )
        version = (newest or 0) + 1
        connection.execute(
            insert(table).values(
                product=product.id,
                version=version,
                from_day=new.from_day.toordinal(),
                added_ms=centre.clock(),
                eligibility=new.eligibility,
                entry_from=new.entry_from,
                entry_to=new.entry_to,
                refund=json.dumps(asdict(new.refund)),
                components=json.dumps([asdict(part) for part in new.components]),
            )
        )
        rows = [{"product": product.id, "version": version, **asdict(row)} for row in new.prices]
        connection.execute(insert(tables.price), rows)
        catalogue.changed(connection)
        deed.after = {
            "version": version,
            "from": new.from_day.isoformat(),
            "prices": [[row.channel, row.season, row.day_kind, row.fen] for row in new.prices],
            "components": [[part.code, part.merchant, part.fen] for part in new.components],
        }
    return version


def set_season(centre: Centre, who: Actor, season: Season) -> None:
    """Add a season, from its first day to its last. Raises CentreError if it overlaps another."""
    with performed(centre, who, Act.PRICE_SET, f"season {season.code}") as deed:
        if not season.first <= season.last:
            raise CentreError(f"cannot add season {season.code}: it ends before it begins")
        for other in catalogue.read(deed.connection, 0).seasons:
            if season.first <= other.last and other.first <= season.last:
                raise CentreError(
                    f"cannot add season {season.code}: it overlaps {other.code}, "
                    f"{date.fromordinal(other.first)} to {date.fromordinal(other.last)}"
                )
        deed.connection.execute(
            insert(tables.season).values(
                code=season.code,
                first_day=season.first,
                last_day=season.last,
                name_zh=season.name_zh,
                name_en=season.name_en,
            )
        )
        catalogue.changed(deed.connection)
        deed.after = {"first": season.first, "last": season.last}


def set_day(centre: Centre, who: Actor, day: date, kind: str) -> None:
    """Say what kind of day a day is, '' for what its weekday says. Raises CentreError."""
    with performed(centre, who, Act.PRICE_SET, f"day {day}") as deed:
        if kind and kind not in DAY_KINDS:
            raise CentreError(f"cannot make a day {kind}: must be one of {', '.join(DAY_KINDS)}")
        table = tables.special_day
        deed.connection.execute(delete(table).where(table.c.day == day.toordinal()))
        if kind:
            deed.connection.execute(insert(table).values(day=day.toordinal(), kind=kind))
        catalogue.changed(deed.connection)
        deed.after = {"kind": kind}


def set_eligibility(centre: Centre, who: Actor, rule: Eligibility) -> None:
    """Say who may have a cheaper ticket, and by which document; one that is there is replaced."""
    with performed(centre, who, Act.PRICE_SET, f"eligibility {rule.code}") as deed:
        if not (rule.at_sale or rule.at_gate):
            raise CentreError(
                f"cannot add eligibility {rule.code}: it must be looked at somewhere",
                "at the sale, at the gate, or both",
            )
        table = tables.eligibility
        deed.connection.execute(delete(table).where(table.c.code == rule.code))
        deed.connection.execute(insert(table).values(**asdict(rule)))
        catalogue.changed(deed.connection)
        deed.after = asdict(rule)


def set_slots(centre: Centre, who: Actor, code: str, slots: tuple[Slot, ...]) -> None:
    """Give a product these time slots, none to have none. Raises CentreError for slots that
    overlap."""
    with performed(centre, who, Act.PRICE_SET, f"product {code}") as deed:
        product = products.find(deed.connection, code)
        ordered = sorted(slots, key=lambda slot: slot.first)
        for slot in ordered:
            if not (0 <= slot.first < slot.last <= 2 * DAY_MINUTES and slot.first < DAY_MINUTES):
                raise CentreError(f"cannot set the times of {code}: one ends before it begins")
            if not 0 < slot.persons <= MOST_PERSONS:
                raise CentreError(f"cannot set the times of {code}: must be for 1 person or more")
        for before, after in pairwise(ordered):
            if after.first < before.last:
                raise CentreError(f"cannot set the times of {code}: two of them overlap")
        table = tables.slot
        deed.connection.execute(delete(table).where(table.c.product == product.id))
        for slot in ordered:
            deed.connection.execute(
                insert(table).values(
                    product=product.id,
                    from_minute=slot.first,
                    to_minute=slot.last,
                    persons=slot.persons,
                )
            )
        catalogue.changed(deed.connection)
        deed.after = {"slots": [[slot.first, slot.last, slot.persons] for slot in ordered]}


def set_quota(centre: Centre, who: Actor, code: str, day: date | None, persons: int | None) -> None:
    """Say how many persons a product takes on a day, with None on every day that has no number of
    its own; `persons` None takes the number back. Raises CentreError."""
    with performed(centre, who, Act.PRICE_SET, f"product {code}") as deed:
        product = products.find(deed.connection, code)
        if persons is not None and not 0 <= persons <= MOST_PERSONS:
            raise CentreError(f"cannot set a quota of {persons}: must be 0 to {MOST_PERSONS}")
        number = 0 if day is None else day.toordinal()
        table = tables.quota
        here = (table.c.product == product.id) & (table.c.day == number)
        deed.connection.execute(delete(table).where(here))
        if persons is not None:
            values = {"product": product.id, "day": number, "persons": persons}
            deed.connection.execute(insert(table).values(**values))
        catalogue.changed(deed.connection)
        deed.after = {"day": None if day is None else day.isoformat(), "persons": persons}


def _check(centre: Centre, goods: catalogue.Catalogue, new: NewPrices) -> None:
    """Raise CentreError for prices that cannot be right."""
    subject = f"cannot set the prices of {new.product}"
    if not new.prices:
        raise CentreError(f"{subject}: say at least one")
    if new.from_day < centre.calendar.date_of(centre.clock()):
        raise CentreError(f"{subject}: {new.from_day} is over", "prices change from today on")
    for row in new.prices:
        _check_row(goods, row, subject)
    if len({(row.season, row.day_kind, row.channel) for row in new.prices}) < len(new.prices):
        raise CentreError(f"{subject}: two prices are for the same")
    if new.eligibility and new.eligibility not in goods.eligibilities:
        raise CentreError(f"{subject}: there is no eligibility {new.eligibility}")
    if not 0 <= new.refund.fee_percent <= 100:
        raise CentreError(f"{subject}: a fee is 0 to 100 percent")
    first, last = new.entry_from or 0, new.entry_to or DAY_MINUTES
    if not 0 <= first < last <= 2 * DAY_MINUTES:
        raise CentreError(f"{subject}: its time ends before it begins")


def _check_row(goods: catalogue.Catalogue, row: PriceRow, subject: str) -> None:
    if not 0 <= row.fen <= MOST_FEN:
        raise CentreError(f"{subject}: a price must be 0 to {MOST_FEN // 100}")
    if row.season and row.season not in {season.code for season in goods.seasons}:
        raise CentreError(f"{subject}: there is no season {row.season}")
    if row.day_kind not in ("", *DAY_KINDS):
        raise CentreError(f"{subject}: a day is one of {', '.join(DAY_KINDS)}")
    if row.channel not in ("", *Channel):
        raise CentreError(f"{subject}: a channel is one of {', '.join(Channel)}")
