"""The pretix events that the park is connected to, and the products that theirs are here."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Row, delete, insert, select, update

from fleet_manager.database import store, tables_pretix
from fleet_manager.errors import CentreConfigError, CentreError
from fleet_manager.keys.vault import write_secret
from fleet_manager.pretix.event import PretixEvent, PretixItem
from fleet_manager.pretix.server import PretixServer
from fleet_manager.sellers import sellers
from fleet_manager.tickets import products


@dataclass(frozen=True, slots=True)
class PretixSource:
    """One event as a seller; see `schema.source`."""

    series: str
    url: str
    organizer: str
    event: str
    check_in_list: int
    signed: bool
    not_before: int
    expires_at: int
    since: str = ""
    pulled_ms: int = 0
    unmapped: int = 0


def add(connection: Connection, source: PretixSource) -> None:
    """Add the series that this event sells. Raises CentreError."""
    owner = f"pretix {source.organizer}/{source.event}"
    sellers.add(connection, source.series, owner, tagged=False)
    connection.execute(insert(tables_pretix.source).values(_values(source)))


def save(connection: Connection, source: PretixSource) -> None:
    """Store what has changed of a source."""
    row = tables_pretix.source.c
    values = _values(source)
    connection.execute(
        update(tables_pretix.source).where(row.series == source.series).values(values)
    )


def every(connection: Connection) -> list[PretixSource]:
    """Return all sources, by series."""
    return [
        _read(row) for row in connection.execute(select(tables_pretix.source).order_by("series"))
    ]


def find(connection: Connection, series: str) -> PretixSource:
    """Return the source of a series. Raises CentreError if there is none."""
    for source in every(connection):
        if source.series == series:
            return source
    raise CentreError(
        f"cannot find a pretix with series {series!r}",
        "see `fleet-manager pretix status`, or connect one with `fleet-manager pretix connect`",
    )


def map_item(
    connection: Connection, source: PretixSource, item: int, variation: int, product: str | None
) -> None:
    """Store which product here a product of pretix is; None: it is nothing here. All orders are
    asked for again with the next pull. Raises CentreError for a product that is not sold here."""
    row = tables_pretix.item.c
    here = row.series == source.series, row.item == item, row.variation == variation
    connection.execute(delete(tables_pretix.item).where(*here))
    if product is not None:
        values = {
            "series": source.series,
            "item": item,
            "variation": variation,
            "product": products.find_for_sale(connection, product).id,
        }
        store.put_row(connection, tables_pretix.item, values)
    where = tables_pretix.source.c.series == source.series
    connection.execute(update(tables_pretix.source).where(where).values(since=""))


def mapping(connection: Connection, series: str) -> dict[tuple[int, int], int]:
    """Return product ids by (item, variation)."""
    row = tables_pretix.item.c
    query = select(row.item, row.variation, row.product).where(row.series == series)
    return {(item, variation): product for item, variation, product in connection.execute(query)}


def unmapped(
    items: Sequence[PretixItem], products_here: dict[tuple[int, int], int]
) -> list[PretixItem]:
    """Return the items that are no product here. A product with variations is sold through
    them."""
    varied = {item.item for item in items if item.variation}
    return [
        item
        for item in items
        if (item.item, item.variation) not in products_here
        and (item.item, 0) not in products_here
        and not (item.variation == 0 and item.item in varied)
    ]


# --- the token, which is a secret --------------------------------------------------------------


def save_token(keys: Path, series: str, token: str) -> None:
    """Store the token of a series' device as a secret file. Raises CentreConfigError if there is
    one already."""
    write_secret(_token_file(keys, series), base64.b64encode(token.encode()) + b"\n")


def event_of(source: PretixSource, keys: Path) -> PretixEvent:
    """Return the event, ready to be asked. Raises CentreConfigError."""
    file = _token_file(keys, source.series)
    try:
        token = base64.b64decode(file.read_bytes(), validate=False).decode("ascii")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise CentreConfigError(f"cannot open {file}: {why}", "connect this pretix again") from None
    return PretixEvent(PretixServer(source.url, token), source.organizer, source.event)


def _token_file(keys: Path, series: str) -> Path:
    return keys / f"pretix-{series}.token"


def _values(source: PretixSource) -> dict[str, object]:
    return {name: getattr(source, name) for name in PretixSource.__dataclass_fields__}


def _read(row: Row[tuple[object, ...]]) -> PretixSource:
    return PretixSource(**row._asdict())
