"""Fixtures: a collector, and the board of a gate that is enrolled."""

from pathlib import Path

import pytest

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from tests.fleet_manager.boards import Board
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON


@pytest.fixture
def board(park: Centre, tmp_path: Path) -> Board:
    return Board("gate-1", enrol(park, "gate-1", tmp_path / "gate-1"))


@pytest.fixture
def collector(park: Centre, board: Board) -> Collector:
    started = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    started.refresh(NOON)
    return started
