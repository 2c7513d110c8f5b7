"""A park of yesterday and today, as its commands see it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fleet_manager import centre
from fleet_manager.centre import Centre
from fleet_manager.gates import gates
from fleet_manager.intake.ingest import ingest
from fleet_manager.tickets import sold
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.commands.test_commands import SHORT, run
from tests.fleet_manager.scribe import NOON, Scribe


@dataclass
class LivelyPark:
    """A data folder with two gates, whose journals can be written on: something each second from
    noon of 2026-11-23 on."""

    data: Path
    park: Centre
    pens: dict[str, Scribe] = field(default_factory=dict)

    def happen(self, gate: str, kind: PassageKind, serial: int | None = None, **more: Any) -> None:
        """Something happened at a gate, to a ticket of ours, and the centre has heard of it."""
        with self.park.store.write() as connection:
            if serial is not None:
                ticket = sold.find(connection, serial).ticket
                more |= {"ticket": ticket.id, "product": ticket.product}
            happened = sum(len(pen.records) for pen in self.pens.values())
            more.setdefault("wall_ms", NOON + 1000 * happened)
            pen = self.pens.setdefault(gate, Scribe(gate, gate.encode().ljust(16)))
            first = len(pen.records) + 1
            pen.write(kind, **more)
            ingest(connection, [(gate, pen.batch(first))], self.park.calendar, NOON)


@pytest.fixture
def lively(tmp_path: Path) -> Iterator[LivelyPark]:
    """North and south with a gate each, 20 tickets, and nothing that has happened yet."""
    folder = tmp_path / "data"
    run(folder, "init", *SHORT)
    run(folder, "product", "add", "adult", "--name-zh", "成人票", "--name-en", "Adult")
    for number, station in enumerate(("north", "south"), 1):
        run(folder, "station", "add", station)
        with centre.opened(folder) as park, park.store.write() as connection:
            gates.add_gate(connection, f"gate-{number}", station, bytes([number]) * 32, NOON)
    run(folder, "ticket", "issue", "--product", "adult", "--count", "20")
    with centre.opened(folder) as park:
        yield LivelyPark(folder, park)
