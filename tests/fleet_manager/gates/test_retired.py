"""From a gate that is retired nothing is taken, and the others are served as before."""

from pathlib import Path

import pytest

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates
from fleet_manager.incident import Incident
from fleet_manager.station import news
from tests.fleet_manager.boards import Board, birth, incident_counts
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON, ticket_id


def test_what_a_retired_gate_says_is_refused(park: Centre, tmp_path: Path) -> None:
    retired, other = (
        Board(gate, enrol(park, gate, tmp_path / gate)) for gate in ("gate-1", "gate-2")
    )
    collector = Collector(park.store, park.unlock(), park.config.park, park.calendar)
    collector.refresh(NOON)
    assert collector.process([retired.sign(birth())], 0, NOON)
    with park.store.write() as connection:
        gates.retire(connection, "gate-1", NOON)
        # Its station has news: they are told to those who are left, and to nobody else.
        news.forgive(connection, ticket_id(1), 1, "li", "x", NOON)
    told = collector.refresh(NOON + 1000)
    assert told
    assert not [topic for topic, _ in told if "/gate-1/" in topic]
    assert collector.process([retired.sign(birth())], 0, NOON + 1000) == []
    assert incident_counts(park) == {Incident.REFUSED: 1}
    assert collector.process([other.sign(birth())], 0, NOON + 1000)


def test_a_bundle_is_whole_or_not_there(park: Centre, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "pepper").write_text("another gate's")
    with pytest.raises(CentreError, match="it exists"):
        enrol(park, "gate-1", tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["pepper"]
    assert (tmp_path / "out" / "pepper").read_text() == "another gate's"
