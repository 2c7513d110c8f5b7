"""The table of a seller's codes as people send it, read row by row, and every mistake named.

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

The first three are needed. `table_cells` names the other forms in which names, days and words are
taken. A message repeats what stands in a cell, but never a code or a document number: codes are
rights, and documents are people.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from fleet_manager.errors import CentreError
from fleet_manager.park_time import Calendar
from fleet_manager.sellers import table_cells
from fleet_manager.sellers.kind_cells import KindCells
from fleet_manager.sellers.table_cells import RoundedNumbers, bare, plain, shown
from fleet_manager.sellers.table_rows import table_rows
from fleet_manager.sellers.table_text import GB18030, TableError, seekable
from fleet_manager.tickets import documents
from fleet_manager.tickets.products import Product
from fleet_manager.wording import counted
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_head import CodeKind, digest_of
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.holder import ID_CARD, holder_tag
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


class CodeCells(Enum):
    """What is done with codes that may not be what stands in the QR code."""

    DOUBTFUL_REFUSED = "doubtful-refused"
    TRIMMED = "trimmed"
    """Blanks at their ends are cut."""
    AS_WRITTEN = "as-written"
    """Nothing is cut, unwrapped or taken for damage."""


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
        code_cells: CodeCells = CodeCells.DOUBTFUL_REFUSED,
    ) -> None:
        self._salt = salt
        self._pepper = pepper
        self._kinds = KindCells(products, calendar)
        self._tagged = tagged
        self._code_cells = code_cells
        self._id_cards = False
        self._encoding = ""
        self._rounded: dict[str, RoundedNumbers] = {}
        self._unless_rounded: list[Mistake] = []

    def read(self, file: BinaryIO) -> Iterator[CsvRow | Mistake]:
        """Yield the rows and mistakes of a table in their order."""
        self._rounded = {"code": RoundedNumbers(), "document": RoundedNumbers()}
        self._unless_rounded = []
        try:
            with seekable(file) as table:
                self._encoding, rows = table_rows(table)
                yield from self._rows(rows)
        except TableError as error:
            yield Mistake(error.line, "", error.text)

    def _rows(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[CsvRow | Mistake]:
        line, header = next(rows, (1, []))
        names = [table_cells.column_of(name) for name in header]
        self._id_cards = any(map(table_cells.is_id_card, header))
        wrong = _header_mistake(header, names)
        if wrong:
            yield Mistake(line, "", wrong)
            return
        places = [names.index(name) if name in names else -1 for name in COLUMNS]
        last = max(places) + 1
        spare = [place for place, name in enumerate(names) if not name]
        for line, cells in rows:
            if spare or not last <= len(cells) <= len(names):
                wrong = _shape_mistake(cells, names, last, spare)
                if wrong:
                    yield Mistake(line, "", wrong)
                    continue
            values = [cells[place] if place >= 0 else "" for place in places]
            yield from self._row(line, dict(zip(COLUMNS, values, strict=True)))
        yield from self._rounded_columns()

    def _rounded_columns(self) -> Iterator[Mistake]:
        """Yield the columns that a spreadsheet has rounded, and else what is wrong with documents
        whose numbers only look so: rounding says it of all of them."""
        found = {}
        if self._code_cells is not CodeCells.AS_WRITTEN:
            found = {column: rounded.mistake() for column, rounded in self._rounded.items()}
        for column, wrong in found.items():
            if wrong:
                yield Mistake(self._rounded[column].line, column, wrong)
        if not found.get("document"):
            yield from self._unless_rounded

    def _row(self, line: int, cells: dict[str, str]) -> Iterator[CsvRow | Mistake]:
        mistakes = []
        code, wrong = self._code(cells["code"])
        if wrong:
            mistakes.append(Mistake(line, "code", wrong))
        self._rounded["code"].add(line, code)
        kind = self._kinds.read(cells)
        if not isinstance(kind, CodeKind):
            mistakes.append(Mistake(line, *kind))
        status = cells["status"]
        if status:
            status = plain(bare(status))
            status = table_cells.STATUS_WORDS.get(status, status)
        if status not in _STATUS:
            wrong = f"must be valid, void, suspended or empty, not {shown(cells['status'])}"
            mistakes.append(Mistake(line, "status", wrong))
        digest = digest_of(self._salt, code.encode(errors="replace"))
        tag = None
        document = bare(cells["document"])
        if document:
            try:
                tag = self._tag(line, digest, document)
            except (CentreError, WireError) as error:
                mistakes.append(Mistake(line, "document", str(error)))
        yield from mistakes
        if not mistakes and isinstance(kind, CodeKind):
            yield CsvRow(line, digest, kind, _STATUS[status], tag)

    def _code(self, cell: str) -> tuple[str, str]:
        """Return the code in a cell, and what is wrong with it, empty for a good one."""
        code = table_cells.code_edges(cell)
        if self._code_cells is not CodeCells.AS_WRITTEN:
            code = table_cells.unwrapped(code)
            spoilt = table_cells.damage(code.strip())
            if spoilt:
                return code, spoilt
        if self._code_cells is CodeCells.TRIMMED:
            code = code.strip()
        wrong = _code_mistake(code)
        if not wrong and code != code.strip() and self._code_cells is CodeCells.DOUBTFUL_REFUSED:
            wrong = (
                "begins or ends with a blank: import with --codes as-written if the QR code has it "
                "too, else with --codes trimmed"
            )
        if not wrong and self._encoding == GB18030 and not code.isascii():
            wrong = table_cells.uncertain_in_gbk(code)
        return code, wrong

    def _tag(self, line: int, digest: bytes, text: str) -> bytes:
        if not self._tagged:
            raise CentreError("must be empty: this series was made without --holders")
        document, colon, number = text.replace("：", ":").partition(":")
        if not colon and self._id_cards:
            document, number = ID_CARD, text
        elif not colon or not document:
            raise CentreError("must be TYPE:NUMBER, for example id-card:…")
        if wrong := table_cells.damage(number):
            raise CentreError(wrong)
        may_be_rounded = self._rounded["document"].add(line, number)
        document = table_cells.DOCUMENT_WORDS.get(document, document)
        try:
            document, number = documents.checked(document, number)
        except CentreError as error:
            if not may_be_rounded:
                raise
            self._unless_rounded.append(Mistake(line, "document", str(error)))
        return holder_tag(self._pepper, int.from_bytes(digest[4:8], "big"), document, number)


def _header_mistake(header: list[str], names: list[str]) -> str:
    """Return what is wrong with the first line. `names`: the columns that its cells name."""
    missing = [name for name in NEEDED if name not in names]
    if len(missing) == len(NEEDED):  # perhaps no header but codes: they are not shown
        return f"must name the columns {', '.join(NEEDED)}, and names none of them"
    unknown = [shown(text) for text, name in zip(header, names, strict=True)
               if not name and bare(text)]  # fmt: skip
    twice = sorted({name for name in names if name and names.count(name) > 1})
    parts = []
    if missing:
        parts.append(f"must name the columns {', '.join(missing)}")
    if unknown:
        more = ", …" if len(unknown) > 5 else ""
        parts.append(
            f"has columns that are not known: {', '.join(unknown[:5])}{more}; take them out, "
            f"it may only name {', '.join(COLUMNS)}"
        )
    if twice:
        parts.append(f"may only name each column once, and names {', '.join(twice)} again")
    return "; ".join(parts)


def _shape_mistake(cells: list[str], names: list[str], last: int, spare: list[int]) -> str:
    """Return what is wrong with the number of cells. `last`: up to where they are needed. `spare`:
    columns without a name, which must be empty, as must what stands beyond the first line's."""
    if len(cells) < last:
        return f"has {counted(len(cells), 'cell')}, the first line has {len(names)}"
    beyond = [*spare, *range(len(names), len(cells))]
    full = [place for place in beyond if place < len(cells) and bare(cells[place])]
    # Its text is not shown: behind a comma within a code it may be anything, also a document.
    return f"has text in cell {full[0] + 1}, and that column has no name" if full else ""


def _code_mistake(code: str) -> str:
    if not 0 < len(code) <= MAX_CODE_CHARS:
        return f"must be 1 to {MAX_CODE_CHARS} characters, and has {len(code)}"
    if not code.isprintable():
        place = next(at for at, char in enumerate(code) if not char.isprintable())
        return (
            f"must have printable characters only: number {place + 1} is U+{ord(code[place]):04X}, "
            "which cannot be seen"
        )
    if code.startswith(PREFIX.decode()):
        return "must not begin with SG1:, as our own tickets do"
    return ""
