"""A series of codes as CSV: all that the centre stores of them, which is not the codes."""

import csv
from datetime import datetime
from typing import IO

from sqlalchemy import Connection, select

from fleet_manager.database import tables
from fleet_manager.park_time import Calendar
from fleet_manager.sellers import sellers
from fleet_manager.tickets import products
from fleet_manager.tickets.products import policy_text, zone_numbers
from gate_agent.validator.lists.ticket_list import TicketStatus

COLUMNS = (
    "digest", "key_id", "serial", "product", "from", "to", "admits", "zones", "entry", "status",
    "holder",
)  # fmt: skip


def write(connection: Connection, series: str, calendar: Calendar, out: IO[str]) -> int:
    """Write a series to `out` and return the number of rows. The columns `key_id` and `serial` name
    the ticket in reports and journals. Raises CentreError for a series that is not there."""
    sellers.find_series(connection, series)
    names = {product.id: product.code for product in products.every(connection)}
    described = []
    for kind in sellers.kinds(connection, series):
        zones = " ".join(map(str, zone_numbers(kind.zones)))
        days = [_day(at, calendar) for at in (kind.not_before, kind.expires_at - 1)]
        described.append(
            [names[kind.product], *days, kind.admits, zones, policy_text(kind.entry_policy)]
        )
    table = tables.code
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    query = select(table).where(table.c.series == series, table.c.status != 0)
    for row in connection.execute(query.order_by(table.c.digest)):
        ticket = [row.digest[:4].hex(), int.from_bytes(row.digest[4:8], "big")]
        status = TicketStatus(row.status).name.lower()
        holder = "yes" if row.tag else "no"
        writer.writerow([row.digest.hex(), *ticket, *described[row.kind], status, holder])
        count += 1
    return count


def _day(seconds: int, calendar: Calendar) -> str:
    return datetime.fromtimestamp(seconds, calendar.zone).date().isoformat()
