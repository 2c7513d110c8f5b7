"""What the box office costs: a durable sale, a till's page, the check of a million orders."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from fleet_manager import centre
from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.gates import gates
from fleet_manager.sales.money.checking import check_all
from fleet_manager.sales.orders.basket import Basket, WantedLine
from fleet_manager.sales.orders.tills import Till, TillKind
from fleet_manager.sales.prices.catalogue import PriceRow
from fleet_manager.services.park import NewPark, create
from fleet_manager.services.sales import orders, prices, shifts, tills
from fleet_manager.services.sales.orders import PaidBy
from fleet_manager.services.sales.prices import NewPrices
from fleet_manager.tickets import products
from fleet_manager.web import render
from fleet_manager.web.ask import Ask, Fields, ShowPage
from fleet_manager.web.pages.sales import window
from tests.bench.figures import Figure, measure
from tests.bench.measures.web.reports import asking, best_ms

SALES, GOODS, ORDERS = 300, 20, 1_000_000
_COUNTED = (
    """WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < :orders) """
)
_ORDERS = (
    """INSERT INTO sale_order SELECT n, 'i' || n, x'00', 'window', 's0', 't', 'lei', 't/1', 739951,
        0, 0, 'issued', 12000, 0, 'cash', 0, 0, '' FROM one""",
    "INSERT INTO order_line SELECT n, 1, 1, 1, 1, 12000, n, '', x'' FROM one",
    """INSERT INTO attempt SELECT 'c' || n, n, 'cash', 12000, 'paid', 0, 0, 0, 0, '', ''
        FROM one""",
    """INSERT INTO money_entry SELECT n, 'sale:' || n, 'sale', 0, 739951, 'order ' || n, 'lei',
        's0', 't/1', '', x'00' FROM one""",
    "INSERT INTO money_posting SELECT n, 0, 1, 12000, NULL FROM one",
    "INSERT INTO money_posting SELECT n, 1, 2, -12000, n FROM one",
)
_ACCOUNTS = (
    "INSERT INTO money_account VALUES (1, 'drawer', 't/1', 12000 * :orders, 0)",
    "INSERT INTO money_account VALUES (2, 'liability', '', 0, 12000 * :orders)",
)


@measure("sales_per_cpu_s")
def sales() -> dict[str, Figure]:
    """Sell three tickets of two products for cash, each sale a durable transaction."""
    with _office() as park:
        who, issuer, today = computer_user(), park.issuer(), park.calendar.date_of(park.clock())
        numbers = count()

        def basket() -> Basket:
            lines = (
                WantedLine(product="p1", persons=2, day=today),
                WantedLine(product="p2", persons=1, day=today),
            )
            return Basket(intent=f"i{next(numbers)}", till="t", lines=lines)

        orders.sell(park, who, basket(), PaidBy(), issuer=issuer)
        start = time.process_time()
        for _ in range(SALES):
            orders.sell(park, who, basket(), PaidBy(), issuer=issuer)
        one_ms = (time.process_time() - start) * 1000 / SALES
        with TemporaryDirectory(dir="build") as name:
            bare_ms = _bare_commit_ms(Path(name) / "bare.db")
    return {
        "sales_per_cpu_s": Figure(
            round(1000 / one_ms),
            "sales/s CPU",
            round(1000 / bare_ms),
            f"{one_ms:.2f} ms for an order of 3 tickets; a bare commit of one row {bare_ms:.2f} ms",
            ">= 500",
        )
    }


@measure("sell_page_ms")
def page() -> dict[str, Figure]:
    """Show a till with 20 products and a basket of two lines, database included."""
    with _office() as park:
        ask = replace(asking(park, "/sell"), now_ms=park.clock())
        fields = [("till", "t"), ("line", "p1*2"), ("line", "p2*1"), ("do", "add:3")]
        ask = replace(ask, form=Fields(fields))
        ms = best_ms(partial(_shown, ask))
    note = f"{GOODS} products, three lines"
    return {"sell_page_ms": Figure(round(ms, 1), "ms CPU", None, note, "<= 25")}


@measure("money_check_s")
def check() -> dict[str, Figure]:
    """Add up a million orders with their payments and entries."""
    with _office(with_shift=False) as park:
        with park.store.write() as connection:
            for statement in _ACCOUNTS:
                connection.execute(text(statement), {"orders": ORDERS})
            for statement in _ORDERS:
                filled = statement.replace("SELECT", _COUNTED + "SELECT", 1)
                connection.execute(text(filled), {"orders": ORDERS})
        start = time.process_time()
        with park.store.read() as connection:
            wrong = [line for checked in check_all(connection) for line in checked.wrong]
        took_s = time.process_time() - start
        assert wrong == [], wrong[:3]
    note = f"{ORDERS // 10**6} M orders with their payments and entries"
    return {"money_check_s": Figure(round(took_s, 1), "s CPU", None, note, "<= 10")}


def _shown(ask: Ask) -> str:
    answer = window.step(ask)
    assert isinstance(answer, ShowPage)
    return render.page(answer.template, dict(answer.values), ask)


@contextmanager
def _office(*, with_shift: bool = True) -> Iterator[Centre]:
    """A park with products at one till."""
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as name:
        folder = Path(name) / "data"
        wanted = NewPark(
            park="west-lake", name_zh="西湖", name_en="West Lake", time_zone="Asia/Shanghai"
        )
        who = computer_user()
        create(folder, who, wanted, datetime.now(UTC))
        with centre.opened(folder) as park:
            today = park.calendar.date_of(park.clock())
            with park.store.write() as connection:
                gates.add_station(connection, gates.Station("s0", "站", "S"))
                for number in range(1, GOODS + 1):
                    code = f"p{number}"
                    products.add(connection, products.Product(number, code, f"票{number}", code))
            for number in range(1, GOODS + 1):
                rows = (PriceRow("", "", "", 100_00 + number), PriceRow("", "weekend", "", 120_00))
                new = NewPrices(product=f"p{number}", prices=rows, from_day=today)
                prices.set_prices(park, who, new)
            tills.add(park, who, Till("t", "s0", TillKind.WINDOW, "窗口", "Window"))
            if with_shift:
                shifts.open_shift(park, who, "t", 0)
            yield park


def _bare_commit_ms(file: Path) -> float:
    """Return the CPU milliseconds of a durable transaction with one row."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE row (n INTEGER)")
    start = time.process_time()
    for number in range(SALES):
        database.execute("INSERT INTO row VALUES (?)", (number,))
    took_ms = (time.process_time() - start) * 1000 / SALES
    database.close()
    return took_ms
