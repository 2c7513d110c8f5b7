"""The table of a seller's codes as people send it: CSV, read row by row, and every mistake named.

Columns, in any order, by the names in the first line:

    code       1 to 128 printable characters, as it will be scanned
    product    code of a product of this park
    from       first day, 2026-11-23
    to         last day; empty: as many days as the product has
    admits     persons; empty: the product's
    zones      numbers 0 to 15 with spaces between; empty: the product's
    entry      once, daily or 2 to 15; empty: the product's
    status     valid, void or suspended; empty: as it was, and valid if it is new
    document   TYPE:NUMBER of the one person it is for; only a tag of it is kept

The first three are needed. A message never repeats what stands in a cell: codes are rights, and
documents are people.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from fleet_manager.errors import CentreError
from fleet_manager.park_time import Calendar
from fleet_manager.tickets.products import MAX_ADMITS, Product, read_policy, zone_mask
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_head import CodeKind, digest_of
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.holder import holder_tag
from gate_agent.validator.tickets.ticket import PREFIX

MAX_CODE_CHARS = 128
NEEDED = ("code", "product", "from")
COLUMNS = (*NEEDED, "to", "admits", "zones", "entry", "status", "document")
_STATUS = {
    "": None,
    "valid": TicketStatus.VALID,
    "void": TicketStatus.VOID,
    "suspended": TicketStatus.SUSPENDED,
}
_KIND = ("product", "from", "to", "admits", "zones", "entry")


@dataclass(frozen=True, slots=True)
class Mistake:
    """`line` from 1, as an editor counts; `column` by its name, empty for the whole line."""

    line: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A good row. `status`: None if it says nothing of it."""

    line: int
    digest: bytes
    kind: CodeKind
    status: TicketStatus | None
    tag: bytes | None


class SellerTable:
    """Reads tables for one series. `tagged`: documents are allowed."""

    def __init__(
        self,
        salt: bytes,
        pepper: bytes,
        products: Iterable[Product],
        calendar: Calendar,
        *,
        tagged: bool,
    ) -> None:
        self._salt = salt
        self._pepper = pepper
        self._products = {product.code: product for product in products}
        self._calendar = calendar
        self._tagged = tagged
        self._kinds: dict[tuple[str, ...], CodeKind | tuple[str, str]] = {}

    def read(self, data: Iterable[bytes]) -> Iterator[CsvRow | Mistake]:
        """Rows and mistakes in their order. `data`: the lines of the file."""
        reader = csv.reader(_decoded(data), strict=True)
        try:
            header = next(reader, None)
            yield from self._rows(header or [], reader)
        except csv.Error as error:
            yield Mistake(reader.line_num, "", f"is not CSV: {error}")
        except UnicodeDecodeError:
            text = "is not UTF-8: save the table as CSV UTF-8, not as GBK or ANSI"
            yield Mistake(reader.line_num + 1, "", text)

    def _rows(self, header: list[str], rows: Iterator[list[str]]) -> Iterator[CsvRow | Mistake]:
        names = [name.strip().lower() for name in header]
        wrong = _header_mistake(names)
        if wrong:
            yield Mistake(1, "", wrong)
            return
        line_num: Callable[[], int] = lambda: rows.line_num  # type: ignore[attr-defined]  # noqa: E731
        places = [names.index(name) if name in names else -1 for name in COLUMNS]
        for cells in rows:
            line = line_num()
            if not cells:
                continue
            if len(cells) != len(names):
                text = f"has {len(cells)} cells, the first line has {len(names)}"
                yield Mistake(line, "", text)
                continue
            values = [cells[place].strip() if place >= 0 else "" for place in places]
            yield from self._row(line, dict(zip(COLUMNS, values, strict=True)))

    def _row(self, line: int, cells: dict[str, str]) -> Iterator[CsvRow | Mistake]:
        good = True
        code = cells["code"]
        wrong = _code_mistake(code)
        if wrong:
            yield Mistake(line, "code", wrong)
            good = False
        key = tuple(cells[name] for name in _KIND)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = self._kind(cells)
        if not isinstance(kind, CodeKind):
            yield Mistake(line, *kind)
            good = False
        status = cells["status"]
        if status not in _STATUS:
            yield Mistake(line, "status", "must be valid, void, suspended or empty")
            good = False
        digest = digest_of(self._salt, code.encode(errors="replace"))
        tag = None
        if cells["document"]:
            try:
                tag = self._tag(digest, cells["document"])
            except (CentreError, WireError) as error:
                yield Mistake(line, "document", str(error))
                good = False
        if good and isinstance(kind, CodeKind):
            yield CsvRow(line, digest, kind, _STATUS[status], tag)

    def _tag(self, digest: bytes, text: str) -> bytes:
        if not self._tagged:
            raise CentreError("must be empty: this series was made without --holders")
        document, colon, number = text.partition(":")
        if not colon or not document:
            raise CentreError("must be TYPE:NUMBER, for example id-card:…")
        return holder_tag(self._pepper, int.from_bytes(digest[4:8], "big"), document, number)

    def _window(self, cells: dict[str, str], product: Product) -> tuple[int, int] | tuple[str, str]:
        """Return the window in UTC seconds; or the column that is wrong, and what is allowed."""
        first, last = _day(cells["from"]), _day(cells["to"])
        if first is None:
            return "from", "must be a day like 2026-11-23"
        if last is None and cells["to"]:
            return "to", "must be a day like 2026-11-23, or empty"
        days = product.days if last is None else (last - first).days + 1
        try:
            not_before, expires_at = self._calendar.window(first, days)
        except (OverflowError, ValueError):
            not_before, expires_at = 1, 0
        if not 0 < not_before < expires_at < 1 << 33:
            return "to" if cells["to"] else "from", "must be a day not before the first, and near"
        return not_before, expires_at

    def _kind(self, cells: dict[str, str]) -> CodeKind | tuple[str, str]:
        """The kind that these cells name; or the column that is wrong, and what is allowed."""
        product = self._products.get(cells["product"])
        if product is None:
            return "product", "must be the code of a product: see `fleet-manager product list`"
        window = self._window(cells, product)
        if isinstance(window[0], str):
            return window
        not_before, expires_at = window
        admits, policy, zones = product.admits, product.policy, product.zones
        if cells["admits"]:
            found = _number(cells["admits"], 1, MAX_ADMITS)
            if found is None:
                return "admits", f"must be 1 to {MAX_ADMITS}, or empty"
            admits = found
        if cells["zones"]:
            mask = _zones(cells["zones"])
            if mask is None:
                return "zones", "must be numbers 0 to 15 with spaces between, or empty"
            zones = mask
        if cells["entry"]:
            try:
                policy = read_policy(cells["entry"], exit_required=False)
            except CentreError:
                return "entry", "must be once, daily, 2 to 15, or empty"
        return CodeKind(
            product=product.id,
            not_before=not_before,
            expires_at=expires_at,
            admits=admits,
            zones=zones,
            entry_policy=policy,
        )


def _decoded(data: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(data):
        if number == 0 and line[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UnicodeDecodeError("utf-8", line, 0, 2, "UTF-16")
        yield line.decode("utf-8-sig" if number == 0 else "utf-8")


def _header_mistake(names: list[str]) -> str:
    missing = [name for name in NEEDED if name not in names]
    if missing:
        hint = "; cells must be separated by commas" if len(names) == 1 else ""
        return f"must name the columns {', '.join(missing)}{hint}"
    unknown = sum(name not in COLUMNS for name in names)
    if unknown or len(set(names)) != len(names):
        return f"may only name the columns {', '.join(COLUMNS)}, each once"
    return ""


def _code_mistake(code: str) -> str:
    if not 0 < len(code) <= MAX_CODE_CHARS:
        return f"must be 1 to {MAX_CODE_CHARS} characters"
    if not code.isprintable():
        return "must have printable characters only"
    if code.startswith(PREFIX.decode()):
        return "must not begin with SG1:, as our own tickets do"
    return ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _zones(text: str) -> int | None:
    numbers = [_number(word, 0, 15) for word in text.split()]
    zones = [number for number in numbers if number is not None]
    return zone_mask(zones) if len(zones) == len(numbers) else None


def _number(text: str, low: int, high: int) -> int | None:
    if text.isascii() and text.isdecimal() and len(text) <= 5 and low <= int(text) <= high:
        return int(text)
    return None
