"""The console's real process tells others, is killed, and goes on where it stopped."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet_manager.access.actor import computer_user
from fleet_manager.centre import Centre, opened
from fleet_manager.events import webhooks
from fleet_manager.events.event_types import EventType
from fleet_manager.intake.ingest import ingest
from fleet_manager.services.webhooks import receivers
from gate_agent.validator.passage import PassageKind
from hardware_sim.broker import free_port
from tests.fleet_manager.conftest import furnish_gates, park
from tests.fleet_manager.events.receiver import Receiver
from tests.fleet_manager.scribe import Scribe, ticket_id

__all__ = ["park"]


@contextmanager
def console(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `fleet-manager web`; whatever happens, it is gone at the end."""
    words = ["web", "--address", "127.0.0.1", "--port", str(free_port())]
    process = subprocess.Popen([sys.executable, "-m", "fleet_manager", "--data", folder, *words])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def passed(centre: Centre, scribe: Scribe) -> None:
    """Let one more visitor in, and the record arrive."""
    number = len(scribe.records) + 1
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(number), admits=1, wall_ms=centre.clock())
    with centre.store.write() as connection:
        batch = scribe.batch(number)
        ingest(connection, [(scribe.gate, batch)], centre.calendar, centre.clock(), [])


def wait_until_recorded(centre: Centre) -> None:
    """Return once the console has written down that the receiver has the event."""
    for _ in range(3000):
        with centre.store.read() as connection:
            if webhooks.find(connection, "till").delivered:
                return
        threading.Event().wait(0.02)
    raise AssertionError("the delivery was not recorded within a minute")


@pytest.mark.process
def test_a_killed_console_goes_on_with_the_event_that_comes_next(park: Centre) -> None:
    furnish_gates(park.store)
    folder = park.config.folder
    with (folder / "centre.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[webhooks]\nhosts = ["localhost"]\n')
    scribe = Scribe("gate-1", b"j" * 16)
    with Receiver() as receiver, opened(folder) as centre:
        wanted = (EventType.PASSAGES,)
        _, secret = receivers.add(centre, computer_user(), "till", receiver.url, wanted)
        with console(folder) as process:
            passed(centre, scribe)
            receiver.wait_for(1)
            wait_until_recorded(centre)
            process.kill()
            process.wait()
            passed(centre, scribe)
        with console(folder):
            received = receiver.wait_for(2)
        numbers = [
            row["record"] for each in received for row in each.verify(secret)["data"]["passages"]
        ]
    assert numbers == [1, 2]
