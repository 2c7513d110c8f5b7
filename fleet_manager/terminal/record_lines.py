"""Records of gates as lines of a table, of CSV and of JSON."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fleet_manager.keys.vault import Vault
from fleet_manager.park_time import Calendar
from fleet_manager.passages.records import GateRecord
from fleet_manager.terminal.headings import headings, word
from fleet_manager.terminal.text_tables import table
from fleet_manager.tickets import products
from gate_agent.validator.moment import utc_text
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.reasons import TEXTS, Reason

_TEXTS = {reason.key: texts for reason, texts in TEXTS.items()}


@dataclass(frozen=True, slots=True)
class Shown:
    """How records are shown: park time, names of products by number, words of a language.

    `own_keys`: ids of the keys under which this centre sells; of other tickets the whole id is
    shown instead of a serial.
    """

    calendar: Calendar
    products: dict[int, str]
    own_keys: Collection[bytes]
    language: str = "en"

    @classmethod
    def of(
        cls, connection: Connection, calendar: Calendar, vault: Vault, language: str = "en"
    ) -> "Shown":
        """Return how to show the records of a park."""
        names = {product.id: product.code for product in products.every(connection)}
        return cls(calendar, names, frozenset(vault.tickets), language)

    def ticket(self, ticket: bytes | None) -> int | str:
        """Return the serial of a ticket, or the id of a code that another seller made."""
        if ticket is None:
            return ""
        if ticket[:4] in self.own_keys:
            return int.from_bytes(ticket[4:], "big")
        return ticket.hex()

    def product(self, number: int | None) -> str:
        """Return the code of a product."""
        return "" if number is None else self.products.get(number, f"#{number}")


def _reason(record: GateRecord, shown: Shown) -> str:
    if shown.language == "zh" and record.reason in _TEXTS:
        return _TEXTS[record.reason].zh
    return record.reason


_Cell = Callable[[GateRecord, Shown], object]
_CELLS: dict[str, _Cell] = {
    "at": lambda record, shown: shown.calendar.text(record.at_ms),
    "station": lambda record, _: record.station,
    "gate": lambda record, _: record.gate,
    "lane": lambda record, _: record.passage.lane,
    "record": lambda record, _: record.passage.seq,
    "what": lambda record, shown: word(record.passage.kind.key, shown.language),
    "direction": lambda record, shown: word(record.passage.direction.name.lower(), shown.language),
    "persons": lambda record, _: (
        "" if record.passage.kind is PassageKind.DENIED else record.passage.persons
    ),
    "ticket": lambda record, shown: shown.ticket(record.passage.ticket),
    "product": lambda record, shown: shown.product(record.passage.product),
    "reason": _reason,
    "by": lambda record, _: record.staff,
    "why": lambda record, _: record.why,
    "disowned": lambda record, shown: word("disowned", shown.language) if record.disowned else "",
}
COLUMNS = tuple(_CELLS)


def cells(record: GateRecord, columns: Sequence[str], shown: Shown) -> list[object]:
    """Return the cells of a record in these columns."""
    return [_CELLS[name](record, shown) for name in columns]


def record_table(records: Iterable[GateRecord], columns: Sequence[str], shown: Shown) -> str:
    """Return a text table of records, in park time; columns that are empty in all are left out."""
    rows = [cells(record, columns, shown) for record in records]
    used = [at for at in range(len(columns)) if not rows or any(row[at] != "" for row in rows)]
    heading = headings([columns[at] for at in used], shown.language)
    return table(heading, [[row[at] for at in used] for row in rows])


def values(record: GateRecord, shown: Shown) -> dict[str, object]:
    """Return a record for programs, in UTC; `said` is the time that the gate itself wrote down."""
    passage = record.passage
    return {
        "at": utc_text(record.at_ms),
        "said": utc_text(passage.wall_ms),
        "clock": passage.clock.name.lower(),
        "station": record.station,
        "gate": record.gate,
        "lane": passage.lane,
        "record": passage.seq,
        "kind": passage.kind.key,
        "direction": passage.direction.name.lower(),
        "persons": passage.persons,
        "ticket": None if passage.ticket is None else passage.ticket.hex(),
        "serial": serial if isinstance(serial := shown.ticket(passage.ticket), int) else None,
        "product": None if passage.product is None else shown.product(passage.product),
        "reason": record.reason or None,
        "override": record.is_override,
        "by": record.staff or None,
        "why": record.why or None,
        "disowned": record.disowned,
    }


REASONS = tuple(reason.key for reason in Reason)
