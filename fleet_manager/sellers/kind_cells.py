"""The kind of code that the cells of a row name: product, days, persons, zones, entry."""

import re
from collections.abc import Iterable, Mapping

from fleet_manager.errors import CentreError
from fleet_manager.park_time import Calendar
from fleet_manager.sellers.table_cells import ENTRY_WORDS, bare, day_mistake, plain, read_day, shown
from fleet_manager.tickets.products import MAX_ADMITS, Product, read_policy, zone_mask
from gate_agent.validator.lists.code_head import CodeKind

_COLUMNS = ("product", "from", "to", "admits", "zones", "entry")


class KindCells:
    """Reads kinds of codes from the cells of rows. Rows that say the same are read once."""

    def __init__(self, products: Iterable[Product], calendar: Calendar) -> None:
        self._products = {product.code: product for product in products}
        self._calendar = calendar
        self._kinds: dict[tuple[str, ...], CodeKind | tuple[str, str]] = {}

    def read(self, cells: Mapping[str, str]) -> CodeKind | tuple[str, str]:
        """Return the kind that the cells of a row name, by the names of their columns; or the
        column that is wrong, and what is allowed."""
        key = tuple([cells[name] for name in _COLUMNS])
        kind = self._kinds.get(key)
        if kind is None:
            folded = {name: plain(bare(cells[name])) for name in _COLUMNS}
            kind = self._kinds[key] = self._kind(folded, cells)
        return kind

    def _kind(self, cells: dict[str, str], raw: Mapping[str, str]) -> CodeKind | tuple[str, str]:
        """Read `cells`, which are half-width and small. `raw`: as they stand in the table."""
        product = self._products.get(cells["product"])
        if product is None:
            return "product", (
                f"must be the code of a product, not {shown(raw['product'])}: "
                "see `fleet-manager product list`"
            )
        window = self._window(product, cells, raw)
        if isinstance(window[0], str):
            return window
        admits, policy, zones = product.admits, product.policy, product.zones
        if cells["admits"]:
            number = _number(cells["admits"], 1, MAX_ADMITS)
            if number is None:
                return "admits", f"must be 1 to {MAX_ADMITS} or empty, not {shown(raw['admits'])}"
            admits = number
        if cells["zones"]:
            numbers = [_number(zone, 0, 15) for zone in re.split(r"[\s,;、]+", cells["zones"])]
            in_range = [number for number in numbers if number is not None]
            if len(in_range) != len(numbers):
                return "zones", (
                    "must be numbers 0 to 15 with blanks between, or empty, not "
                    f"{shown(raw['zones'])}"
                )
            zones = zone_mask(in_range)
        if cells["entry"]:
            entry = cells["entry"]
            try:
                policy = read_policy(ENTRY_WORDS.get(entry, entry), exit_required=False)
            except CentreError:
                return "entry", f"must be once, daily, 2 to 15, or empty, not {shown(raw['entry'])}"
        return CodeKind(
            product=product.id,
            not_before=window[0],
            expires_at=window[1],
            admits=admits,
            zones=zones,
            entry_policy=policy,
        )

    def _window(
        self, product: Product, cells: dict[str, str], raw: Mapping[str, str]
    ) -> tuple[int, int] | tuple[str, str]:
        """Return (not before, expires at), UTC seconds; or the column that is wrong, and why."""
        first, last = read_day(cells["from"]), read_day(cells["to"])
        if first is None:
            return "from", day_mistake(raw["from"])
        if last is None and cells["to"]:
            return "to", f"{day_mistake(raw['to'])}; it may be empty"
        if last is not None and last < first:
            return "to", f"must not be before the first day, and is {shown(raw['to'])}"
        days = product.days if last is None else (last - first).days + 1
        try:
            not_before, expires_at = self._calendar.window(first, days)
        except (OverflowError, ValueError):
            not_before, expires_at = 1, 0
        if 0 < not_before < expires_at < 1 << 33:
            return not_before, expires_at
        column = "to" if cells["to"] else "from"
        return column, f"must be a day from 1970 to 2241, not {shown(raw[column])}"


def _number(text: str, low: int, high: int) -> int | None:
    text = re.sub(r"\.0+$", "", text)
    if text.isascii() and text.isdecimal() and len(text) <= 5 and low <= int(text) <= high:
        return int(text)
    return None
