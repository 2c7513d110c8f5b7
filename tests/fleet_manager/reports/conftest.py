"""A park with a few hundred records of every kind over five months."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_manager.centre import Centre
from fleet_manager.config import CentreConfig, write
from fleet_manager.database.store import Store
from fleet_manager.park_time import Calendar
from fleet_manager.tickets import products
from fleet_manager.tickets.products import Product, ProductKind
from tests.fleet_manager.conftest import furnish
from tests.fleet_manager.passages.test_tally import fill
from tests.fleet_manager.scribe import NOON

KINDS = {4: ProductKind.FREE, 5: ProductKind.PASS, 6: ProductKind.PAID}
"""Besides the three of every park: free, a pass, and one for teams of 40."""


@pytest.fixture
def config(tmp_path: Path) -> CentreConfig:
    """Of a park without keys."""
    return write(tmp_path / "data", "west-lake", "西湖", "West Lake", "Asia/Shanghai")


@pytest.fixture
def busy(config: CentreConfig) -> Iterator[Centre]:
    """The park, at noon of 23 November 2026."""
    store = Store.open(config.database, create=True)
    furnish(store)
    with store.write() as connection:
        for number, kind in KINDS.items():
            code, admits = f"{kind}-{number}", 40 if number == 6 else 1
            products.add(connection, Product(number, code, "=票", code, kind, admits))
    fill(store, random.Random(17), list(range(1, 8)))
    yield Centre(config, store, Calendar(config.time_zone), lambda: NOON)
    store.close()
