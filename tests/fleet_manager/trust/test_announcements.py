"""Beacons of the centre: every minute, at each birth, and when something has changed."""

from pathlib import Path

import pytest

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector, Packet
from fleet_manager.tickets import status
from fleet_manager.tickets.sell import TicketOrder
from fleet_manager.trust import rules
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.messages.trust_messages import BeaconMessage
from gate_agent.validator.trust.beacon import Beacon, open_beacon
from gate_agent.validator.trust.keys import KeyRing
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.daemon.test_collector import STATE, Board, birth
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
    heard = [board.hear(packet) for packet in packets]
    return [open_beacon(one.beacon, ring) for one in heard if isinstance(one, BeaconMessage)]


def test_a_beacon_a_minute(collector: Collector, board: Board) -> None:
    times = range(NOON, NOON + 180_000, 1000)
    found = [one for now in times for one in beacons(board, collector.refresh(now))]
    assert [one.time_ms - NOON for one in found] == [0, 60_000, 120_000]
    assert {one.lists for one in found} == {(("main", 1),)}


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
    [said] = beacons(board, collector.process([board.say(birth())], 0, NOON + 7000))
    assert said.time_ms == NOON + 7000
    assert beacons(board, collector.process([board.say(STATE)], 0, NOON + 8000)) == []


def test_a_clock_of_the_centre_that_is_put_back_says_so(collector: Collector, board: Board) -> None:
    """Gates take no older beacon; the centre does not make up a time either."""
    collector.refresh(NOON)
    [said] = beacons(board, collector.refresh(NOON - 3_600_000))
    assert said.time_ms == NOON - 3_600_000
