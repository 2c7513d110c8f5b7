"""A park with the counts of years, written straight into the tables that pages read.

40 gates at 4 stations, 8 products, 12 hours a day: a million passages in 30 days, a hundred million
in ten years. The hours of a year are written by one statement and summed as the centre does it; the
sums of the nine years before are copies.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from fleet_manager import centre
from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.database.store import Store
from fleet_manager.gates import gates
from fleet_manager.passages import tally
from fleet_manager.services.park import NewPark, create
from fleet_manager.tickets import products
from fleet_manager.tickets.products import Product, ProductKind

GATES, STATIONS, PRODUCTS = 40, 4, 8
LAST = date(2026, 11, 23)
NOW_MS = 1_795_424_400_000
"""17:00 of LAST in Shanghai."""
_HOURS = text("""
    INSERT INTO tally
    WITH RECURSIVE day(d) AS (SELECT :low UNION ALL SELECT d + 1 FROM day WHERE d < :high),
    hour(h) AS (SELECT 7 UNION ALL SELECT h + 1 FROM hour WHERE h < 18),
    row(r) AS (SELECT 0 UNION ALL SELECT r + 1 FROM row WHERE r < 9)
    SELECT d, h, g.id, 1, (r BETWEEN 4 AND 7),
        CASE WHEN r < 8 THEN 1 + (r + h) % 8 ELSE -1 END,
        CASE WHEN r < 8 THEN 3 ELSE 5 END, CASE WHEN r < 8 THEN 0 ELSE 1 + (h + r) % 6 END,
        :persons + (d + h + r) % 3, :persons + (d + h + r) % 3,
        CASE WHEN r < 4 THEN :persons ELSE 0 END
    FROM day, hour, gate g, row
""")
_DAYS_BEFORE = text("""
    INSERT INTO tally_day SELECT day - :days, station, direction, product, kind, reason, events,
    persons, first FROM tally_day WHERE day > :above
""")
_MONTHS_BEFORE = text("""
    INSERT INTO tally_month SELECT month - :months, gate, direction, product, kind, reason, events,
    persons, first FROM tally_month WHERE month > :above
""")


@contextmanager
def opened(*, years: bool) -> Iterator[Centre]:
    """Open a new park: with a million passages of the last 30 days, or a hundred million of ten
    `years`."""
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as name:
        folder = Path(name) / "data"
        wanted = NewPark(
            park="west-lake", name_zh="西湖", name_en="West Lake", time_zone="Asia/Shanghai"
        )
        created = create(folder, computer_user(), wanted, datetime.now(UTC))
        store = Store.open(created.config.database)
        furnish(store)
        _fill(store, date(2025, 12, 1).toordinal() if years else LAST.toordinal() - 29)
        if years:
            _copy(store)
        store.close()
        with centre.opened(folder) as park:
            yield Centre(park.config, park.store, park.calendar, lambda: NOW_MS)
        shutil.rmtree(folder)


def furnish(store: Store) -> None:
    """Add stations, gates and products."""
    with store.write() as connection:
        for number in range(STATIONS):
            gates.add_station(connection, gates.Station(f"s{number}", f"站{number}", f"S {number}"))
        for number in range(GATES):
            gate = f"gate-{number:02}"
            gates.add_gate(connection, gate, f"s{number % STATIONS}", bytes(32), 0)
        kinds = [ProductKind.PAID, ProductKind.PAID, ProductKind.FREE, ProductKind.PASS]
        for number in range(1, PRODUCTS + 1):
            code = f"product-{number}"
            admits = 40 if number == PRODUCTS else 1
            products.add(
                connection, Product(number, code, f"票{number}", code, kinds[number % 4], admits)
            )


def _fill(store: Store, low: int) -> None:
    high = LAST.toordinal()
    with store.write() as connection:
        connection.execute(_HOURS, {"low": low, "high": high, "persons": 6})
        for month in tally.months(low, high):
            tally.rebuild(connection, month)


def _copy(store: Store) -> None:
    with store.write() as connection:
        for year in range(1, 10):
            days = {"days": 365 * year, "above": date(2025, 11, 30).toordinal()}
            connection.execute(_DAYS_BEFORE, days)
            connection.execute(_MONTHS_BEFORE, {"months": 100 * year, "above": 202511})
