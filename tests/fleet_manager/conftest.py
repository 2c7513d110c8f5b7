"""A park with three gates at two stations, and a real broker."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fleet_manager import centre, fleet, products
from fleet_manager.centre import Centre
from fleet_manager.fleet import Bundle
from fleet_manager.park_time import Calendar
from fleet_manager.store import Store
from hardware_sim.broker import Broker, BrokerFiles, find_mosquitto
from tests.fleet_manager import postgresql
from tests.fleet_manager.scribe import NOON

NOW = datetime.fromtimestamp(NOON / 1000, UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
GATES = {"gate-1": "north", "gate-2": "north", "gate-3": "south"}


def furnish(store: Store, public: bytes = bytes(32)) -> None:
    """Stations, gates and products of the park that the tests use."""
    with store.write() as connection:
        for station, name in (("north", "北门"), ("south", "南门")):
            fleet.add_station(connection, fleet.Station(station, name, station))
        for gate, station in GATES.items():
            fleet.add_gate(connection, gate, station, public, NOON)
        for number, code in enumerate(("adult", "child", "pass"), 1):
            products.add(connection, products.Product(number, code, code, code))


def furnish_gates(store: Store, public: bytes = bytes(32)) -> None:
    """The gates of `park`, which has none yet."""
    with store.write() as connection:
        for gate, station in GATES.items():
            fleet.add_gate(connection, gate, station, public, NOON)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs over PostgreSQL only when asked for."""
    left_out = {
        item
        for item in items
        if isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and item.callspec.params.get("store") == "postgresql"
        and not postgresql.is_wanted(item.originalname)
    }
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """Of this run alone; skips where there can be none."""
    why = postgresql.missing()
    if why:
        pytest.skip(why)
    with postgresql.serving() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A furnished database without keys, in each of the two engines."""
    url = f"sqlite:///{tmp_path}/centre.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_server").url()
    opened = Store.open(url, create=True)
    furnish(opened)
    yield opened
    opened.close()


@pytest.fixture
def calendar() -> Calendar:
    """The park's."""
    return Calendar(SHANGHAI)


@pytest.fixture
def park(tmp_path: Path) -> Iterator[Centre]:
    """A whole data folder, with keys, furnished except for gates."""
    folder = tmp_path / "data"
    centre.create(folder, "west-lake", "西湖", "West Lake", "Asia/Shanghai", NOW)
    with centre.opened(folder) as opened:
        with opened.store.write() as connection:
            for station, name in (("north", "北门"), ("south", "南门")):
                fleet.add_station(connection, fleet.Station(station, name, station))
            for number, code in enumerate(("adult", "child", "pass"), 1):
                products.add(connection, products.Product(number, code, code, code))
        yield opened


def enrol(park: Centre, gate: str, folder: Path) -> Bundle:
    """A gate's bundle, written to `folder`."""
    vault = park.unlock()
    bundle = fleet.draw_bundle(vault, park.config.park, gate, park.authority(), datetime.now(UTC))
    bundle.write(folder)
    with park.store.write() as connection:
        fleet.add_gate(connection, gate, GATES[gate], bundle.public, NOON)
    return bundle


@pytest.fixture
def broker(park: Centre, tmp_path: Path) -> Iterator[Broker]:
    """A broker with certificates of the park's authority."""
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    files = centre.write_broker_files(park, "localhost", tmp_path / "broker", datetime.now(UTC))
    key, ca, certificate = files
    with Broker(tmp_path / "broker", BrokerFiles(ca, certificate, key)) as running:
        yield running
