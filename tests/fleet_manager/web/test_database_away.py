"""The database goes away and comes back: a clear page, nothing lost, nobody signs in again."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from fleet_manager import centre as centres
from fleet_manager.access.actor import Role, computer_user
from fleet_manager.centre import Centre
from fleet_manager.services.park import create
from fleet_manager.web.server import make_console
from tests.fleet_manager import postgresql
from tests.fleet_manager.conftest import west_lake
from tests.fleet_manager.web.conftest import PASSWORD, add_person
from tests.fleet_manager.web.page_client import PageClient


@pytest.fixture
def far_park(tmp_path: Path, postgresql_server: postgresql.Server) -> Iterator[Centre]:
    """A park whose database is a server."""
    wanted = west_lake(postgresql_server.url())
    create(tmp_path / "data", computer_user(), wanted, datetime.now(UTC))
    with centres.opened(tmp_path / "data") as park:
        yield park


def rename(url: str, before: str, after: str) -> None:
    """Take a database away from under whoever is connected to it, or give it back."""
    plain = re.sub(r"^postgresql\+psycopg://(.*?)@/[^?]*", r"postgresql://\1@/postgres", url)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [before]
        )
        connection.execute(f'ALTER DATABASE "{before}" RENAME TO "{after}"')


def test_a_database_that_is_away_is_said_and_everything_goes_on_when_it_is_back(
    far_park: Centre,
) -> None:
    url = far_park.config.database
    name = url.partition("@/")[2].partition("?")[0]
    user = add_person(far_park, Role.MANAGER)
    console = make_console(far_park)
    client = PageClient(console)
    client.get("/sign-in")
    client.post("/sign-in", name=user, password=PASSWORD)
    assert client.get("/live").status == 200
    rename(url, name, "away")
    gone = client.get("/live")
    assert gone.status == 503
    assert "cannot be reached" in gone.words
    lost = client.post("/live/limits", at_once="7")
    assert lost.status == 503
    assert "nothing was changed" in lost.words
    rename(url, "away", name)
    back = client.get("/live")
    assert back.status == 200
    assert "No approved maximum" in back.words
    for _ in range(8):  # whichever thread answers
        assert client.get("/live").status == 200
    assert client.post("/live/limits", at_once="7").status == 303
    client.close()
    console.feed.close()
