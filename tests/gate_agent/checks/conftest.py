"""A gate with the bundle that a real centre gave it, a technician who answers, and the sheet."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet_manager import centre
from fleet_manager.access.actor import computer_user
from fleet_manager.gates import gates
from fleet_manager.services.park import NewPark, create, write_broker_files
from gate_agent.checks.row import CheckRow, CheckVisit
from gate_agent.checks.sheet import rows
from gate_agent.config.settings import BrokerAddress, GateSettings, LaneSettings
from gate_agent.drivers.pins.factory import open_factory
from gate_agent.signs import Words
from gate_agent.validator.passage import Direction
from tests.gate_agent.samples import ZONE


@pytest.fixture
def settings(tmp_path: Path) -> GateSettings:
    """One lane without any part, and the centre's broker files beside its identity."""
    identity, data = tmp_path / "identity", tmp_path / "data"
    data.mkdir()
    now = datetime.now(UTC)
    create(
        tmp_path / "centre",
        computer_user(),
        NewPark(park="west-lake", name_zh="西湖", name_en="West Lake", time_zone="Asia/Shanghai"),
        now,
    )
    with centre.opened(tmp_path / "centre") as park:
        vault = park.unlock()
        gates.draw_bundle(vault, "west-lake", "north-1", park.authority(), now).write(identity)
        write_broker_files(park, computer_user(), "localhost", tmp_path / "broker")
    lane = LaneSettings(1, Direction.IN, zone=0, arm=None, lamps=None, scanner=None, camera=None)
    return GateSettings(
        "west-lake",
        "north-1",
        ZONE,
        data,
        identity,
        pins="mock",
        clock="host",
        broker=BrokerAddress("localhost", 1),
        lanes=(lane,),
    )


@dataclass
class Technician:
    """Answers every question alike, and does what is asked for: `acts` by a word of it."""

    answer: bool = True
    asked: list[Words] = field(default_factory=list)

    def confirm(self, question: Words) -> bool:
        self.asked.append(question)
        return self.answer

    def instruct(self, what: Words) -> None:
        self.asked.append(what)


def visit(settings: GateSettings, **options: object) -> CheckVisit:
    """With pins in memory, and nobody there."""
    return CheckVisit(settings, lambda: open_factory("mock"), **options)  # type: ignore[arg-type]


def part(found: list[CheckRow], key: str) -> CheckRow:
    """The one row of that part."""
    (row,) = [row for row in found if row.key == key]
    return row


def sheet(settings: GateSettings, **options: object) -> list[CheckRow]:
    """The whole of it."""
    return list(rows(visit(settings, **options)))
