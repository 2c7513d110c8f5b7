"""Test when beacons are sent: every minute, after each birth, and after each change."""

from pathlib import Path

import pytest

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.packets import Packet
from fleet_manager.tickets import status
from fleet_manager.tickets.sell import TicketOrder
from fleet_manager.trust import rules
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.messages.trust_messages import BeaconMessage
from gate_agent.validator.trust.beacon import Beacon, open_beacon
from gate_agent.validator.trust.keys import KeyRing
from tests.fleet_manager.boards import STATE, Board, birth
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON
from tests.fleet_manager.tickets.test_sell import TODAY, sell


@pytest.fixture
def board(park: Centre, tmp_path: Path) -> Board:
    return Board("gate-1", enrol(park, "gate-1", tmp_path / "gate-1"))


@pytest.fixture
def collector(park: Centre, board: Board) -> Collector:
    return Collector(park.store, park.unlock(), "west-lake", park.calendar)


def beacons(board: Board, packets: list[Packet]) -> list[Beacon]:
    ring = KeyRing.from_json(board.bundle.ring)
    received = [board.verify(packet) for packet in packets]
    return [
        open_beacon(message.beacon, ring)
        for message in received
        if isinstance(message, BeaconMessage)
    ]


def test_a_beacon_a_minute(collector: Collector, board: Board) -> None:
    times = range(NOON, NOON + 180_000, 1000)
    signed = [beacon for now in times for beacon in beacons(board, collector.refresh(now))]
    assert [beacon.time_ms - NOON for beacon in signed] == [0, 60_000, 120_000]
    assert {beacon.lists for beacon in signed} == {(("main", 1),)}


def test_a_change_is_announced_at_once(park: Centre, collector: Collector, board: Board) -> None:
    collector.refresh(NOON)
    sell(park, TicketOrder("adult", TODAY))
    with park.store.write() as connection:
        status.set_status(connection, [1], TicketStatus.VOID)
    [first] = beacons(board, collector.refresh(NOON + 1000))
    assert (first.time_ms, first.lists, first.rules) == (NOON + 1000, (("main", 2),), 0)
    with park.store.write() as connection:
        rules.change(connection, "default", {"stale": "2h"})
    [second] = beacons(board, collector.refresh(NOON + 2000))
    assert (second.lists, second.rules) == ((("main", 2),), 1)
    assert beacons(board, collector.refresh(NOON + 3000)) == []


def test_a_birth_is_answered_with_the_time(collector: Collector, board: Board) -> None:
    collector.refresh(NOON)
    [beacon] = beacons(board, collector.process([board.sign(birth())], 0, NOON + 7000))
    assert beacon.time_ms == NOON + 7000
    assert beacons(board, collector.process([board.sign(STATE)], 0, NOON + 8000)) == []


def test_a_beacon_shows_that_the_clock_of_the_centre_was_put_back(
    collector: Collector, board: Board
) -> None:
    """Gates refuse an older beacon; the centre must not invent a later time either."""
    collector.refresh(NOON)
    [beacon] = beacons(board, collector.refresh(NOON - 3_600_000))
    assert beacon.time_ms == NOON - 3_600_000
