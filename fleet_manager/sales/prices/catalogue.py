"""All that is sold and what it costs, read once and kept until somebody changes it.

The catalogue is a value; `price_of` is a function of it: the same catalogue, day and channel give
the same price.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from sqlalchemy import Connection, select

from fleet_manager.database import store
from fleet_manager.database.sales import prices as tables
from fleet_manager.errors import CentreError
from fleet_manager.sales.prices.agreement import (
    PARK_ALONE,
    Component,
    RefundPolicy,
    read_components,
)
from fleet_manager.tickets import products
from fleet_manager.tickets.products import Product

COUNTER = "prices"
"""Row of `meta` that counts changes of what is sold and what it costs."""
DAY_KINDS = ("weekday", "weekend", "holiday")


@dataclass(frozen=True, slots=True)
class Season:
    """Park days from `first` to `last`."""

    code: str
    first: int
    last: int
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A price; '' in `season`, `day_kind` or `channel` is all of them."""

    season: str
    day_kind: str
    channel: str
    fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """A version of what is agreed about a product; see the table `price_list`."""

    product: int
    version: int
    from_day: int
    added_ms: int
    prices: tuple[PriceRow, ...]
    eligibility: str = ""
    entry_from: int | None = None
    entry_to: int | None = None
    refund: RefundPolicy = field(default_factory=RefundPolicy)
    components: tuple[Component, ...] = PARK_ALONE


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Who may have a cheaper ticket; see the table `eligibility`."""

    code: str
    name_zh: str
    name_en: str
    document_zh: str
    document_en: str
    at_sale: bool
    at_gate: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """A time slot, in minutes since midnight, for `persons` on a day."""

    first: int
    last: int
    persons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """`lists`: by product, the newest version first. `quotas`: by product and day, day 0 for the
    others."""

    number: int
    products: Mapping[str, Product]
    lists: Mapping[int, tuple[PriceList, ...]]
    seasons: Sequence[Season]
    special_days: Mapping[int, str]
    eligibilities: Mapping[str, Eligibility]
    slots: Mapping[int, tuple[Slot, ...]]
    quotas: Mapping[tuple[int, int], int]

    def find(self, code: str) -> Product:
        """Return a product that is sold. Raises CentreError."""
        product = self.products.get(code)
        if product is None:
            raise CentreError(
                f"cannot find product {code[:20]}", "see `fleet-manager product list`"
            )
        if product.retired_ms is not None:
            raise CentreError(
                f"cannot sell product {code}: it is retired",
                f"sell another, or bring it back with `fleet-manager product retire {code} --undo`",
            )
        return product

    def season_of(self, day: int) -> str:
        """Return the season of a park day, '' for none."""
        return next(
            (season.code for season in self.seasons if season.first <= day <= season.last), ""
        )

    def kind_of(self, day: int) -> str:
        """Return which of DAY_KINDS a park day is."""
        usual = "weekend" if date.fromordinal(day).weekday() >= 5 else "weekday"
        return self.special_days.get(day, usual)

    def list_for(self, product: Product, day: int) -> PriceList | None:
        """Return the newest version of a product's list that is for a visiting day."""
        versions = self.lists.get(product.id, ())
        return next((version for version in versions if version.from_day <= day), None)

    def price_of(self, product: Product, day: int, channel: str) -> int:
        """Return what a person pays on a visiting day through a channel, in fen.

        Raises CentreError if the list says nothing for it, or nobody has said a price.
        """
        agreed = self.list_for(product, day)
        if agreed is None:
            if product.price_cents is None:
                raise CentreError(
                    f"cannot sell {product.code}: it has no price",
                    f"set one: `fleet-manager price set {product.code}`",
                )
            return product.price_cents
        wanted = (channel, self.season_of(day), self.kind_of(day))
        fitting = [
            (tuple(said == want for said, want in zip(said_by(row), wanted, strict=True)), row.fen)
            for row in agreed.prices
            if all(said in ("", want) for said, want in zip(said_by(row), wanted, strict=True))
        ]
        if not fitting:
            raise CentreError(
                f"cannot sell {product.code}: version {agreed.version} of its list has no price "
                f"for {date.fromordinal(day)} at the {channel}"
            )
        return max(fitting)[1]

    def quota_of(self, product: Product, day: int) -> int | None:
        """Return how many persons a product takes on a day, None for as many as come."""
        return self.quotas.get((product.id, day), self.quotas.get((product.id, 0)))


def said_by(row: PriceRow) -> tuple[str, str, str]:
    """Return what a price is for: a channel counts more than a season, a season more than a kind
    of day."""
    return row.channel, row.season, row.day_kind


_kept: dict[str, Catalogue] = {}
_lock = Lock()


def current(connection: Connection) -> Catalogue:
    """Return the catalogue as it is in the database; read anew only after a change."""
    number = store.read_meta(connection, COUNTER) or 0
    key = str(connection.engine.url)
    with _lock:
        catalogue = _kept.get(key)
    if catalogue is None or catalogue.number != number:
        catalogue = read(connection, number)
        with _lock:
            _kept[key] = catalogue
    return catalogue


def changed(connection: Connection) -> None:
    """Note that something of the catalogue has changed."""
    store.count_up(connection, COUNTER)


def read(connection: Connection, number: int) -> Catalogue:
    """Read the catalogue."""
    return Catalogue(
        number=number,
        products={product.code: product for product in products.every(connection)},
        lists=_lists(connection),
        seasons=[
            Season(row.code, row.first_day, row.last_day, row.name_zh, row.name_en)
            for row in connection.execute(select(tables.season).order_by(tables.season.c.first_day))
        ],
        special_days={row.day: row.kind for row in connection.execute(select(tables.special_day))},
        eligibilities={
            row.code: Eligibility(*row) for row in connection.execute(select(tables.eligibility))
        },
        slots=_slots(connection),
        quotas={
            (row.product, row.day): row.persons for row in connection.execute(select(tables.quota))
        },
    )


def _slots(connection: Connection) -> dict[int, tuple[Slot, ...]]:
    rows: dict[int, list[Slot]] = {}
    query = select(tables.slot).order_by(tables.slot.c.product, tables.slot.c.from_minute)
    for row in connection.execute(query):
        rows.setdefault(row.product, []).append(Slot(row.from_minute, row.to_minute, row.persons))
    return {product: tuple(slots) for product, slots in rows.items()}


def _lists(connection: Connection) -> dict[int, tuple[PriceList, ...]]:
    prices: dict[tuple[int, int], list[PriceRow]] = {}
    for row in connection.execute(select(tables.price)):
        prices.setdefault((row.product, row.version), []).append(
            PriceRow(row.season, row.day_kind, row.channel, row.fen)
        )
    lists: dict[int, list[PriceList]] = {}
    query = select(tables.price_list).order_by(tables.price_list.c.version.desc())
    for row in connection.execute(query):
        lists.setdefault(row.product, []).append(
            PriceList(
                product=row.product,
                version=row.version,
                from_day=row.from_day,
                added_ms=row.added_ms,
                prices=tuple(prices.get((row.product, row.version), ())),
                eligibility=row.eligibility,
                entry_from=row.entry_from,
                entry_to=row.entry_to,
                refund=RefundPolicy(**json.loads(row.refund)),
                components=read_components(json.loads(row.components)),
            )
        )
    return {product: tuple(versions) for product, versions in lists.items()}
