"""A park whose receivers may be on this machine, and whose clock the tests turn."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fleet_manager import limits
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.centre import Centre
from fleet_manager.database import tables_events
from fleet_manager.events import deliveries, webhooks
from fleet_manager.events.event_types import ALL, EventType
from fleet_manager.events.sender import Sender
from fleet_manager.events.webhooks import Webhook
from fleet_manager.intake.ingest import ingest
from fleet_manager.limits import Limits
from fleet_manager.services.webhooks import receivers
from fleet_manager.services.webhooks.rounds import DeliveryRounds
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.conftest import over_each
from tests.fleet_manager.events.receiver import Receiver
from tests.fleet_manager.scribe import Scribe, ticket_id

ADMINISTRATOR = Actor("zhang", Role.ADMINISTRATOR, Via.PAGE, "10.0.0.7")


@dataclass
class Clock:
    """A clock that is turned by hand; it begins at the real time, because receivers look at it."""

    now_ms: int

    def __call__(self) -> int:
        return self.now_ms

    def turn(self, ms: int) -> None:
        self.now_ms += ms


@pytest.fixture
def clock() -> Clock:
    return Clock(int(datetime.now(UTC).timestamp() * 1000))


@pytest.fixture(params=["sqlite", "postgresql"])
def centre(request: pytest.FixtureRequest, park: Centre, clock: Clock) -> Iterator[Centre]:
    """A park over each database: its gates are furnished, its limits are small."""
    with over_each(request, park) as store:
        with store.write() as connection:
            limits.write(connection, Limits(at_once=10, in_a_day=100))
        config = replace(park.config, webhook_hosts=frozenset({"localhost"}))
        yield replace(park, store=store, config=config, clock=clock)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def courier(centre: Centre, tmp_path: Path) -> "Courier":
    return Courier(centre, Sender(tmp_path / "none", quiet_s=5.0, whole_s=5.0))


class Courier:
    """Does what the worker does, round by round."""

    def __init__(self, centre: Centre, sender: Sender) -> None:
        self.centre = centre
        self.sender = sender
        self.vault = centre.unlock()
        self.rounds = DeliveryRounds(centre, self.vault, lambda: 0.5)

    def round(self) -> int:
        """Detect, and send what is due; return how many attempts were made."""
        self.rounds.detect()
        jobs = self.rounds.begin()
        for job in jobs:
            hosts = self.centre.config.webhook_hosts
            self.rounds.finish(job, job.attempt.make(self.sender, self.vault, hosts))
        return len(jobs)

    def drain(self) -> int:
        """Send until nothing is due; return how many attempts were made."""
        made = 0
        while count := self.round():
            made += count
        return made


def stored(centre: Centre, scribe: Scribe, first: int = 1) -> None:
    """Let the records of a gate arrive."""
    with centre.store.write() as connection:
        ingest(
            connection, [(scribe.gate, scribe.batch(first))], centre.calendar, centre.clock(), []
        )


def standing(centre: Centre, name: str = "till") -> Webhook:
    """How a receiver stands."""
    with centre.store.read() as connection:
        return webhooks.find(connection, name)


def added(centre: Centre, receiver: Receiver, *kinds: EventType) -> str:
    """Add the receiver `till` and return its secret."""
    return receivers.add(centre, ADMINISTRATOR, "till", receiver.url, kinds or ALL)[1]


def visits(count: int, gate: str = "gate-1") -> Scribe:
    scribe = Scribe(gate, gate.encode().ljust(16, b"j"))
    for number in range(count):
        scribe.write(PassageKind.TAKEN, ticket=ticket_id(number), product=1, admits=1)
    return scribe


def log_of(centre: Centre) -> list[tuple[str, int, str]]:
    with centre.store.read() as connection:
        return [
            (line.kind, line.status, line.result)
            for line in deliveries.newest(connection, "till", 100)
        ]


def events_in(centre: Centre) -> int:
    with centre.store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(tables_events.event)) or 0)
