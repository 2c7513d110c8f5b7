"""A park with three gates at two stations, and a real broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fleet_manager import centre
from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre
from fleet_manager.database.store import Store
from fleet_manager.gates import gates
from fleet_manager.gates.gates import Bundle
from fleet_manager.park_time import Calendar
from fleet_manager.services.park import NewPark, create, write_broker_files
from fleet_manager.tickets import products
from hardware_sim.broker import Broker, BrokerFiles, find_mosquitto
from tests.fleet_manager import postgresql
from tests.fleet_manager.scribe import NOON

NOW = datetime.fromtimestamp(NOON / 1000, UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
GATES = {"gate-1": "north", "gate-2": "north", "gate-3": "south"}


def furnish(store: Store, public: bytes = bytes(32)) -> None:
    """Stations, gates and products of the park that the tests use."""
    furnish_places(store)
    furnish_gates(store, public)


def furnish_places(store: Store) -> None:
    """Stations and products of the park that the tests use."""
    with store.write() as connection:
        for station, name in (("north", "北门"), ("south", "南门")):
            gates.add_station(connection, gates.Station(station, name, station))
        for number, code in enumerate(("adult", "child", "pass"), 1):
            products.add(connection, products.Product(number, code, code, code))


def furnish_gates(store: Store, public: bytes = bytes(32)) -> None:
    """The gates of `park`, which has none yet."""
    with store.write() as connection:
        for gate, station in GATES.items():
            gates.add_gate(connection, gate, station, public, NOON)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs over PostgreSQL only when asked for."""
    left_out = {
        item
        for item in items
        if isinstance(item, pytest.Function)
        and _needs_postgresql(item)
        and not postgresql.is_wanted(item.originalname)
    }
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _needs_postgresql(item: pytest.Function) -> bool:
    """Return whether a test asks for the server, or is the PostgreSQL half of a pair."""
    params = item.callspec.params.values() if hasattr(item, "callspec") else ()
    # Of every test of the run, also of those whose parameters are arrays that compare to arrays.
    half = any(isinstance(value, str) and value == "postgresql" for value in params)
    return half or "postgresql_server" in item.fixturenames


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


def west_lake(database: str | None = None) -> NewPark:
    """The park that is made; `database`: URL of an empty one, None for SQLite."""
    return NewPark(
        park="west-lake",
        name_zh="西湖",
        name_en="West Lake",
        time_zone="Asia/Shanghai",
        database=database,
    )


@contextmanager
def over_each(request: pytest.FixtureRequest, park: Centre) -> Iterator[Store]:
    """The database of `park`, or one of a server, furnished with gates; for a fixture with the
    params `sqlite` and `postgresql`."""
    if request.param == "sqlite":
        furnish_gates(park.store)
        yield park.store
        return
    store = Store.open(request.getfixturevalue("postgresql_server").url(), create=True)
    furnish(store)
    yield store
    store.close()


@pytest.fixture
def park(tmp_path: Path) -> Iterator[Centre]:
    """A whole data folder, with keys, furnished except for gates."""
    folder = tmp_path / "data"
    create(
        folder,
        computer_user(),
        west_lake(),
        NOW,
    )
    with centre.opened(folder) as opened:
        furnish_places(opened.store)
        yield opened


def enrol(park: Centre, gate: str, folder: Path) -> Bundle:
    """A gate's bundle, written to `folder`."""
    vault = park.unlock()
    bundle = gates.draw_bundle(vault, park.config.park, gate, park.authority(), datetime.now(UTC))
    bundle.write(folder)
    with park.store.write() as connection:
        gates.add_gate(connection, gate, GATES[gate], bundle.public, NOON)
    return bundle


@pytest.fixture
def broker(park: Centre, tmp_path: Path) -> Iterator[Broker]:
    """A broker with certificates of the park's authority."""
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    files = write_broker_files(park, computer_user(), "localhost", tmp_path / "broker")
    key, ca, certificate = files
    with Broker(tmp_path / "broker", BrokerFiles(ca, certificate, key)) as running:
        yield running
