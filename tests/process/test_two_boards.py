"""One bundle on two boards at the same time, each with a data folder of its own."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from fleet_manager.database import incidents
from fleet_manager.incident import Incident
from hardware_sim.broker import find_mosquitto
from tests.process.live_park import Gate, LivePark

pytestmark = pytest.mark.process
SAID = "another board has this gate's identity"


def test_both_boards_and_the_centre_say_so() -> None:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    with LivePark("north-1") as park:
        first = park.gates["north-1"]
        second = Gate(park.folder / "copy", "north-1", park.broker.port, first_identity(park))
        try:
            second.write_config()
            first.start()
            first.wait(first.settled)
            second.start()
            for gate in (first, second):
                gate.wait(partial(is_doubled, gate))
                assert SAID in gate.log.read_text()
                assert "Traceback" not in gate.log.read_text()
            first.wait(lambda: Incident.TWO_BOARDS in gates_of(park))
            assert gates_of(park)[Incident.TWO_BOARDS] == "north-1"
            assert gates_of(park)[Incident.NEW_JOURNAL] == "north-1"
            assert second.end() == 0
            first.wait(lambda: "identity" not in first.status().get("faults", {"identity": ""}), 60)
            assert first.end() == 0
        finally:
            second.close()


def first_identity(park: LivePark) -> Path:
    """A copy of the bundle, as somebody puts it on another board."""
    return Path(shutil.copytree(park.folder / "identity-north-1", park.folder / "identity-copy"))


def is_doubled(gate: Gate) -> bool:
    """Whether its status says that another board has its identity."""
    return SAID in gate.status().get("faults", {}).get("identity", "")


def gates_of(park: LivePark) -> dict[Incident, str]:
    with park.centre.store.read() as connection:
        return {counted.kind: counted.gate for counted in incidents.every(connection)}
