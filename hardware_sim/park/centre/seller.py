"""Others who sell for the park: codes of their own, tables that are sent again and again, days
written in whatever way their spreadsheets do, refunds."""

import io
import random
from dataclasses import dataclass
from datetime import date, timedelta

from fleet_manager.database.store import Store
from fleet_manager.park_time import Calendar
from fleet_manager.sellers import sellers
from fleet_manager.sellers.csv_table import CsvRow, Mistake, SellerTable
from fleet_manager.services.sellers import take_in
from fleet_manager.tickets import products
from fleet_manager.tickets.products import Product
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.world import World

SERIES = ("heron", "otter")
LAST_DAY_SAID = 0.5
"""Share of codes of which the table says the last day; else it is the product's."""


_SPREADSHEETS_BEGIN = date(1899, 12, 30)
_FORMS = ("{0}", "{0:%Y/%m/%d}", "{0:%Y%m%d}", "{0.year}年{0.month}月{0.day}日", "{1}")
"""Ways to write a day; {1}: as the number that a spreadsheet keeps."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What a table says of a code: for which product, from the `first` to the `last` day."""

    product: Product
    first: date
    last: date


class SimSellers:
    """`tickets`: what each code that was ever listed stands for, by the centre; `cells`: by its
    seller's table. `both`: a code that two of them have sold. `void`: ids that must not enter once
    the list that says so is in force."""

    def __init__(self, world: World, store: Store, pepper: bytes, calendar: Calendar) -> None:
        self.tickets: dict[bytes, Ticket] = {}
        self.cells: dict[bytes, Cells] = {}
        self.void: dict[str, set[bytes]] = {series: set() for series in SERIES}
        self._rng: random.Random = world.stream("sellers")
        self._days: random.Random = world.stream("sellers' spreadsheets")
        self._store = store
        self._pepper = pepper
        self._calendar = calendar
        self._tables: dict[str, list[str]] = {series: [] for series in SERIES}

    def open(self) -> None:
        """Create the series."""
        with self._store.write() as connection:
            for series in SERIES:
                sellers.add(
                    connection, series, series, tagged=series == "otter", draw=self._rng.randbytes
                )

    def sell(self, series: str, product: Product, day: date, count: int) -> list[bytes]:
        """Return new codes; the seller's whole table is taken in once more."""
        fresh = [self._rng.randbytes(11).hex() for _ in range(count)]
        self._list(series, fresh, product, day)
        return [code.encode() for code in fresh]

    def sell_twice(self, product: Product, other: Product, day: date) -> bytes:
        """Return a code that two sellers have sold, the second for another product from the next
        day on: it stands for what the first of them, by name, has sold."""
        [code] = self.sell(max(SERIES), other, day + timedelta(days=1), 1)
        self._list(min(SERIES), [code.decode()], product, day)
        return code

    def _list(self, series: str, codes: list[str], product: Product, day: date) -> None:
        lines = self._tables[series]
        for code in codes:
            last = day + timedelta(days=self._days.choice((2, 3)))
            if self._days.random() < LAST_DAY_SAID:
                to = self._written(last)
            else:
                last, to = day + timedelta(days=product.days - 1), ""
            lines.append(f"{code},{product.code},{self._written(day)},{to}")
            self.cells[code.encode()] = Cells(product, day, last)
        for code, row in zip(codes, self._take_in(series, lines)[-len(codes) :], strict=True):
            assert isinstance(row, CsvRow)
            self.tickets[code.encode()] = row.kind.ticket(series, row.digest, row.tag)

    def _written(self, day: date) -> str:
        return self._days.choice(_FORMS).format(day, (day - _SPREADSHEETS_BEGIN).days)

    def _take_in(self, series: str, lines: list[str]) -> list[CsvRow | Mistake]:
        with self._store.read() as connection:
            seller = sellers.find_series(connection, series)
            on_sale = products.every(connection)
        table = SellerTable(
            seller.salt, self._pepper, on_sale, self._calendar, tagged=seller.tagged
        )
        text = "\n".join(["code,product,from,to", *lines]) + "\n"
        rows = list(table.read(io.BytesIO(text.encode())))
        take_in(self._store, series, iter(rows), complete=True)
        return rows

    def repeat(self) -> None:
        """Take in all tables once more, and who may not enter."""
        for series, lines in self._tables.items():
            self._take_in(series, lines)
            gone = [code.decode() for code, ticket in self.tickets.items()
                    if ticket.id in self.void[series]]  # fmt: skip
            with self._store.write() as connection:
                sellers.set_status(connection, series, gone, TicketStatus.VOID)

    def set_status(self, code: bytes, status: TicketStatus) -> None:
        """Mark a code as refunded, or held back."""
        ticket = self.tickets[code]
        with self._store.write() as connection:
            sellers.set_status(connection, ticket.series, [code.decode()], status)
        if status is TicketStatus.VOID:
            self.void[ticket.series].add(ticket.id)
