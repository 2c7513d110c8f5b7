"""Planted imports: up, in circles, across packages, of libraries outside their rooms."""

import pytest

from tests.house import imports
from tests.house.floors import CENTRE, FLOORS, GATE, floor_of
from tests.house.law import Law
from tests.house.planted import said
from tests.house.source import ROOT


def test_an_import_of_a_higher_floor_is_found_and_one_downwards_is_not() -> None:
    files = {
        "gate_agent/lane/table.py": "import gate_agent.uplink.session\n",
        "gate_agent/uplink/session.py": "from gate_agent.lane import table\n",
    }
    line = "gate_agent/lane/table.py:1: imports gate_agent.uplink.session"
    assert said(imports.floors, files) == [f"{line}, which is not on a floor below"]


def test_an_import_of_the_same_floor_is_found_late_and_for_types_alone_too() -> None:
    for text in (
        "def f():\n    from fleet_manager.gates import gates\n",
        "if TYPE_CHECKING:\n    from fleet_manager.gates import gates\n",
    ):
        files = {"fleet_manager/tickets/sell.py": text, "fleet_manager/gates/gates.py": ""}
        assert len(said(imports.floors, files)) == 1


def test_a_room_without_a_floor_is_found() -> None:
    files = {"gate_agent/attic/box.py": ""}
    assert said(imports.floors, files) == [
        "gate_agent/attic/box.py:1: room gate_agent.attic has no floor"
    ]


def test_a_room_stands_on_one_floor() -> None:
    for floors in (GATE, CENTRE):
        rooms = [room for floor in floors for room in floor.rooms]
        assert len(rooms) == len(set(rooms))
    assert floor_of("gate_agent.lane.table") == floor_of("gate_agent.ports")
    assert set(FLOORS) == {"gate_agent", "fleet_manager"}
    assert (ROOT / "gate_agent").is_dir()


def test_a_circle_of_modules_is_found_with_its_way() -> None:
    files = {
        "tests/a.py": "from tests import b\n",
        "tests/b.py": "\nimport tests.c\n",
        "tests/c.py": "def f():\n    from tests import a\n",
        "tests/d.py": "from tests import a\n",
    }
    way = "tests.a -> tests.b -> tests.c -> tests.a"
    assert said(imports.circles, files) == [f"tests/a.py:1: is part of the circle {way}"]


def test_a_circle_of_rooms_without_a_circle_of_modules_is_found() -> None:
    files = {
        "gate_agent/lane/a.py": "import gate_agent.page.b\n",
        "gate_agent/page/b.py": "",
        "gate_agent/page/c.py": "import gate_agent.lane.d\n",
        "gate_agent/lane/d.py": "",
    }
    way = "gate_agent.lane -> gate_agent.page -> gate_agent.lane"
    assert said(imports.circles, files) == [f"gate_agent/lane/a.py:1: is part of the circle {way}"]


@pytest.mark.parametrize(
    ("law", "path", "text"),
    [
        (imports.full_imports, "gate_agent/clock.py", "from . import errors"),
        (imports.validator_alone, "gate_agent/validator/uses.py", "import gate_agent.errors"),
        (imports.validator_alone, "gate_agent/validator/uses.py", "import click"),
        (imports.gate_alone, "gate_agent/clock.py", "import fleet_manager.errors"),
        (imports.centre_takes_validator, "fleet_manager/centre.py", "import gate_agent.errors"),
        (imports.nobody_imports_simulator, "gate_agent/clock.py", "import hardware_sim.network"),
        (imports.nobody_imports_simulator, "hardware_sim/network.py", "import tests.conftest"),
        (imports.libraries, "gate_agent/clock.py", "import serial.tools"),
        (imports.libraries, "gate_agent/clock.py", "from paho.mqtt import client"),
        (imports.libraries, "fleet_manager/tickets/sell.py", "import click"),
        (imports.libraries, "gate_agent/drivers/camera/reader.py", "import asyncio"),
    ],
)
def test_a_planted_import_is_found(law: Law, path: str, text: str) -> None:
    assert len(said(law, {path: text})) == 1


@pytest.mark.parametrize(
    ("law", "path", "text"),
    [
        (imports.validator_alone, "gate_agent/validator/uses.py", "import json, cbor2"),
        (imports.centre_takes_validator, "fleet_manager/a.py", "import gate_agent.validator.uses"),
        (imports.nobody_imports_simulator, "hardware_sim/a.py", "import gate_agent.daemon"),
        (imports.libraries, "gate_agent/drivers/scanners/gm65.py", "import serial"),
        (imports.libraries, "gate_agent/a.py", "if TYPE_CHECKING:\n    import numpy\n"),
    ],
)
def test_an_import_in_its_place_is_not(law: Law, path: str, text: str) -> None:
    assert said(law, {path: text}) == []
