"""A console of a park with people of every role, and browsers at it."""

from collections.abc import Callable, Iterator

import pytest

from fleet_manager.access.actor import Role, computer_user
from fleet_manager.centre import Centre
from fleet_manager.services.people import sign_in, users
from fleet_manager.services.people.users import NewUser
from fleet_manager.web.app import Console
from fleet_manager.web.server import make_console
from tests.fleet_manager.conftest import furnish_gates
from tests.fleet_manager.web.page_client import PageClient

PASSWORD = "correct horse battery"


@pytest.fixture
def console(park: Centre) -> Iterator[Console]:
    """The pages of `park`, which has gates and nothing sold."""
    furnish_gates(park.store)
    made = make_console(park)
    yield made
    made.feed.close()


def add_person(park: Centre, role: Role, *, name: str = "", station: str = "") -> str:
    """Add a user with PASSWORD; return the name."""
    wanted = NewUser(name=name or role.value, shown=f"{role.value} 甲", role=role, station=station)
    invited = users.add_user(park, computer_user(), wanted)
    sign_in.use_link(park, invited.secret, PASSWORD, address="10.1.2.3")
    return invited.user.name


Entering = Callable[..., PageClient]


@pytest.fixture
def entering(park: Centre, console: Console) -> Iterator[Entering]:
    """Browsers at which somebody of a role has signed in."""
    clients: list[PageClient] = []

    def enter(role: Role, *, station: str = "", language: str = "en") -> PageClient:
        name = add_person(park, role, name=f"{role.value}{len(clients)}", station=station)
        client = PageClient(console, language=language)
        clients.append(client)
        client.get("/sign-in")
        entered = client.post("/sign-in", name=name, password=PASSWORD)
        assert entered.status == 303, entered.words
        return client

    yield enter
    for client in clients:
        client.close()


@pytest.fixture
def stranger(console: Console) -> Iterator[PageClient]:
    """A browser at which nobody has signed in."""
    client = PageClient(console)
    yield client
    client.close()
