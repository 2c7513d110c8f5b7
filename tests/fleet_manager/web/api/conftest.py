"""Programs at the API of a park that has sold, let in, refused, and broken down."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fleet_manager.access.actor import Role, computer_user
from fleet_manager.centre import Centre
from fleet_manager.database import incidents
from fleet_manager.events.event_types import ALL
from fleet_manager.gates import last_seen
from fleet_manager.incident import Incident, Sighting
from fleet_manager.intake.ingest import ingest
from fleet_manager.services import tickets
from fleet_manager.services.people import tokens
from fleet_manager.services.tickets import SaleRequest
from fleet_manager.services.webhooks import receivers
from fleet_manager.tickets import sold
from fleet_manager.web.app import Console
from fleet_manager.web.server import make_console
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.boards import STATE
from tests.fleet_manager.conftest import over_each
from tests.fleet_manager.scribe import Scribe
from tests.fleet_manager.web.page_client import PageClient

DAY_MS = 86_400_000


@dataclass
class Reply:
    """An answer of the API."""

    status: int
    json: Any
    headers: dict[str, str]


@dataclass
class Program:
    """A program with a token; '' for one without."""

    client: PageClient
    token: str

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.ask("POST", path, body, **headers)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request; `body` as JSON unless it is bytes already."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            given.setdefault("content-type", "application/json")
        if self.token:
            given.setdefault("authorization", f"Bearer {self.token}")
        page = self.client.ask(
            method, f"/api/v1{path}", b"" if body is None else data, headers=given
        )
        return Reply(page.status, json.loads(page.body) if page.body else None, page.headers)


def furnished(centre: Centre) -> Centre:
    """Let something happen in a park."""
    tickets.issue(centre, computer_user(), SaleRequest(product="adult", count=5))
    with centre.store.write() as connection:
        ids = [sold.find(connection, serial).ticket.id for serial in range(1, 6)]
        scribe = Scribe("gate-1", b"j" * 16)
        for ticket in ids[:3]:
            scribe.write(
                PassageKind.TAKEN, ticket=ticket, product=1, admits=1, wall_ms=centre.clock()
            )
        scribe.write(
            PassageKind.TAKEN, ticket=ids[0], direction=Direction.OUT, wall_ms=centre.clock()
        )
        scribe.write(PassageKind.DENIED, ticket=ids[1], reason=Reason.USED, wall_ms=centre.clock())
        ingest(connection, [("gate-1", scribe.batch())], centre.calendar, centre.clock(), [])
        state = replace(STATE, beacon_ms=centre.clock() - 500, waiting=3)
        last_seen.save_state(connection, "gate-1", state, (("main", 1),), centre.clock())
        sighting = Sighting(Incident.FORK, "gate-2", "")
        incidents.record(connection, Counter([sighting]), centre.clock())
    receivers.add(centre, computer_user(), "till", "http://localhost:9/x", ALL)
    return centre


@pytest.fixture(params=["sqlite", "postgresql"])
def centre(request: pytest.FixtureRequest, park: Centre) -> Iterator[Centre]:
    """A park over each database in which something has happened."""
    with over_each(request, park) as store:
        config = replace(park.config, webhook_hosts=frozenset({"localhost"}))
        yield furnished(replace(park, store=store, config=config))


@pytest.fixture
def api(centre: Centre) -> Iterator[Console]:
    """The console with its API."""
    console = make_console(centre)
    yield console
    console.feed.close()


Programs = Callable[..., Program]


@pytest.fixture
def programs(centre: Centre, api: Console) -> Iterator[Programs]:
    """Make programs that hold a token of a role; None for no token."""
    clients: list[PageClient] = []

    def make(role: Role | None = Role.MANAGER, *, station: str = "") -> Program:
        clients.append(PageClient(api))
        if role is None:
            return Program(clients[-1], "")
        added = tokens.add_token(
            centre,
            computer_user(),
            f"{role.value.replace('_', '-')}-{len(clients)}",
            role,
            station=station,
            valid_ms=DAY_MS,
        )
        return Program(clients[-1], added.text)

    yield make
    for client in clients:
        client.close()
