"""Somebody else who sells for the park: codes of its own, a table sent again and again, refunds."""

import io
import random
from datetime import date

from fleet_manager.database.store import Store
from fleet_manager.park_time import Calendar
from fleet_manager.sellers import sellers
from fleet_manager.sellers.csv_table import CsvRow, Mistake, SellerTable
from fleet_manager.services.sellers import take_in
from fleet_manager.tickets import products
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.world import World

SERIES = ("heron", "otter")


class SimSellers:
    """`tickets`: what each code that was ever listed stands for. `void`: ids that must not enter
    once the list that says so is in force."""

    def __init__(self, world: World, store: Store, pepper: bytes, calendar: Calendar) -> None:
        self.tickets: dict[bytes, Ticket] = {}
        self.void: dict[str, set[bytes]] = {series: set() for series in SERIES}
        self._rng: random.Random = world.stream("sellers")
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

    def sell(self, series: str, day: date, count: int) -> list[bytes]:
        """Return new codes; the seller's whole table is taken in once more."""
        fresh = [self._rng.randbytes(11).hex() for _ in range(count)]
        lines = self._tables[series]
        lines += [f"{code},day,{day}" for code in fresh]
        for code, row in zip(fresh, self._take_in(series, lines)[-count:], strict=True):
            assert isinstance(row, CsvRow)
            self.tickets[code.encode()] = row.kind.ticket(series, row.digest, row.tag)
        return [code.encode() for code in fresh]

    def _take_in(self, series: str, lines: list[str]) -> list[CsvRow | Mistake]:
        with self._store.read() as connection:
            seller = sellers.find_series(connection, series)
            on_sale = products.every(connection)
        table = SellerTable(
            seller.salt, self._pepper, on_sale, self._calendar, tagged=seller.tagged
        )
        text = "\n".join(["code,product,from", *lines]) + "\n"
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
