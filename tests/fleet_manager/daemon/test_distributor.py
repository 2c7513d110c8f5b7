"""Test which lists gates are offered and sent: byte for byte, and from every older version."""

import random
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.database import tables
from fleet_manager.lists import publisher, versions
from fleet_manager.lists.publisher import ListPublisher
from fleet_manager.tickets.sell import TicketOrder
from fleet_manager.tickets.serials import count_sold
from fleet_manager.tickets.sold import find
from fleet_manager.tickets.status import add_entries, reprint, set_status
from gate_agent.validator.lists.manifest import ListKind, Manifest
from gate_agent.validator.lists.ticket_list import Exceptions, TicketList, TicketStatus
from gate_agent.validator.messages.envelopes import (
    ListOffer,
    ListRequest,
)
from gate_agent.validator.messages.trust_messages import KeysOffer
from tests.fleet_manager.boards import Board, answer, birth, fetched, received
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON
from tests.fleet_manager.tickets.test_sell import TODAY, sell


def test_a_list_travels_in_chunks(
    park: Centre, collector: Collector, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "MAX_CHUNK_BYTES", 100)
    sell(park, TicketOrder("adult", TODAY, count=2000))
    chance = random.Random(1)
    with park.store.write() as connection:
        set_status(connection, chance.sample(range(1, 1001), 200), TicketStatus.VOID)
        set_status(connection, range(1001, 1100), TicketStatus.SUSPENDED)
        reprint(connection, 1500)
        add_entries(connection, 1501, 2)
    packet, _beacon = collector.refresh(NOON + 1)
    listing = fetched(board, collector, board.verify(packet), empty_list())
    assert listing.manifest.version == 2
    assert listing.manifest.count == 2000
    by_status = Counter(listing.status(serial) for serial in range(1, 2002))
    assert by_status == {
        TicketStatus.VALID: 1701,
        TicketStatus.VOID: 200,
        TicketStatus.SUSPENDED: 99,
        TicketStatus.BEYOND: 1,
    }
    assert listing.exceptions == Exceptions({1500: 1}, {1501: 2}, {})
    assert collector.refresh(NOON + 2) == []


def empty_list() -> TicketList:
    """Return version 1: nothing was sold."""
    manifest = Manifest(
        series="main",
        kind=ListKind.SERIALS,
        version=1,
        as_of_ms=NOON,
        base=0,
        first=1,
        count=0,
        body_bytes=1,
        body=bytes(32),
        result=bytes(32),
    )
    return TicketList(manifest, b"")


def test_from_any_older_version_a_gate_comes_to_the_newest(
    park: Centre, collector: Collector, board: Board
) -> None:
    """By a delta, and to the very same list as by a snapshot."""
    chance = random.Random(3)
    lists: dict[int, TicketList] = {}
    bases: set[int] = set()
    for step in range(6):
        sell(park, TicketOrder("adult", TODAY, count=chance.randint(1, 500)))
        with park.store.write() as connection:
            count = count_sold(connection)
            for status in (TicketStatus.SUSPENDED, TicketStatus.VOID):
                valid = [
                    serial
                    for serial in range(1, count)
                    if _status(connection, serial) is TicketStatus.VALID
                ]
                set_status(connection, chance.sample(valid, 3), status)
            suspended = [
                serial
                for serial in range(1, count)
                if _status(connection, serial) is TicketStatus.SUSPENDED
            ]
            set_status(connection, suspended[:2], TicketStatus.VALID)
            reprint(connection, count)
        collector.refresh(NOON + step)
        newest = collector.list_version
        offer = answer(board, collector, birth(lists=()))
        lists[newest] = fetched(board, collector, offer)
        assert lists[newest].manifest.base == 0
        for version, base in lists.items():
            if version < newest:
                delta = answer(board, collector, birth(lists=(("main", version),)))
                came = fetched(board, collector, delta, base)
                bases.add(came.manifest.base)
                assert (came.bits, came.exceptions) == (
                    lists[newest].bits,
                    lists[newest].exceptions,
                )
                assert came.manifest.result == lists[newest].manifest.result
    assert len(bases) > 4


def _status(connection: Connection, serial: int) -> TicketStatus:
    return find(connection, serial).status


def test_the_cheaper_way_is_offered(park: Centre, collector: Collector, board: Board) -> None:
    sell(park, TicketOrder("adult", TODAY, count=500))
    collector.refresh(NOON + versions.SALES_EVERY_MS)
    with park.store.write() as connection:
        set_status(connection, range(1, 400, 3), TicketStatus.SUSPENDED)
    collector.refresh(NOON + versions.SALES_EVERY_MS)
    with park.store.write() as connection:
        set_status(connection, range(1, 400, 3), TicketStatus.VALID)
    collector.refresh(NOON + versions.SALES_EVERY_MS)
    # What was suspended and restored costs a gate that saw it as much again; from nothing, nothing.
    offer = answer(board, collector, birth(lists=(("main", 3),)))
    assert fetched(board, collector, offer).manifest.base == 0


def test_the_same_version_made_again_is_the_same_byte_for_byte(
    park: Centre, collector: Collector, board: Board
) -> None:
    sell(park, TicketOrder("adult", TODAY, count=50))
    with park.store.write() as connection:
        set_status(connection, [3, 4], TicketStatus.VOID)
    collector.refresh(NOON)
    sell(park, TicketOrder("adult", TODAY, count=50))  # sold since, and not in it
    offers = [answer(board, collector, birth(lists=()))]
    again = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    again.refresh(NOON)
    offers.append(answer(board, again, birth(lists=())))
    assert offers[0] == offers[1]


@pytest.mark.parametrize(
    "want",
    [
        ListRequest("main", 9, 0, 0),
        ListRequest("main", 1, 7, 0),
        ListRequest("main", 1, 0, 1 << 20),
        ListRequest("main", 1, 0, (1 << 63) - 1),
        ListRequest("main", (1 << 63) - 1, 0, 0),
    ],
)
def test_a_body_that_is_gone_is_answered_with_one_that_is_there(
    collector: Collector, board: Board, want: ListRequest
) -> None:
    if want.base >= 1:
        assert collector.process([board.sign(want)], 0, NOON) == []
        return
    [offer] = received(board, collector.process([board.sign(want)], 0, NOON))
    assert isinstance(offer, ListOffer)
    assert offer.instead == want.version


@pytest.mark.parametrize("series", ["other", "a\0b", ""])
def test_a_series_that_is_not_there_is_answered_with_nothing(
    collector: Collector, board: Board, series: str
) -> None:
    assert collector.process([board.sign(ListRequest(series, 1, 0, 0))], 0, NOON) == []


def test_a_change_a_moment_ago_makes_a_new_version_first(
    park: Centre, collector: Collector, board: Board
) -> None:
    """A body can only be made of what the tables contain now."""
    sell(park, TicketOrder("adult", TODAY, count=5))
    with park.store.write() as connection:
        set_status(connection, [2], TicketStatus.VOID)
    offer = answer(board, collector, birth(lists=()))
    assert fetched(board, collector, offer).status(2) is TicketStatus.VOID
    assert collector.list_version == 2
    packet, _beacon = collector.refresh(NOON + 20)
    assert fetched(board, collector, board.verify(packet), empty_list()).manifest.version == 2


def test_a_version_whose_transaction_was_undone_leaves_no_body_behind(
    park: Centre, collector: Collector, board: Board
) -> None:
    sell(park, TicketOrder("adult", TODAY, count=5))
    with park.store.write() as connection:
        set_status(connection, [2], TicketStatus.VOID)

    def fail() -> None:
        with park.store.write() as connection:
            assert collector._publisher.offer(connection, "main", 0, NOON + 10) is not None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with park.store.write() as connection:
        set_status(connection, [3], TicketStatus.VOID)
    offer = answer(board, collector, birth(lists=()))
    listing = fetched(board, collector, offer, empty_list())
    assert listing.manifest.version == 2
    assert [listing.status(serial) for serial in (2, 3)] == [TicketStatus.VOID] * 2


def test_a_version_made_by_another_process_is_offered_too(
    park: Centre, collector: Collector, board: Board
) -> None:
    sell(park, TicketOrder("adult", TODAY, count=5))
    with park.store.write() as connection:
        set_status(connection, [2], TicketStatus.VOID)
        ListPublisher(park.unlock().list).update(connection, "main", NOON)
    packet, _beacon = collector.refresh(NOON)
    assert fetched(board, collector, board.verify(packet), empty_list()).manifest.version == 2


def test_a_centre_that_knows_fewer_tickets_than_before_sends_a_snapshot(
    park: Centre, collector: Collector, board: Board
) -> None:
    """Back from a backup: a gate would not shorten its list."""
    sell(park, TicketOrder("adult", TODAY, count=5))
    collector.refresh(NOON + versions.SALES_EVERY_MS)
    with park.store.write() as connection:
        connection.execute(delete(tables.ticket).where(tables.ticket.c.serial > 2))
    collector.refresh(NOON + 2 * versions.SALES_EVERY_MS)
    offer = answer(board, collector, birth(lists=(("main", 2),)))
    assert fetched(board, collector, offer).manifest.count == 2


def test_old_versions_are_forgotten_and_time_does_not_go_back(
    park: Centre, collector: Collector, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "KEPT_VERSIONS", 3)
    for version in range(2, 8):
        with park.store.write() as connection:
            # The centre's clock is put back; the list's time must not be.
            published = versions.publish(connection, "main", 0, 0, NOON - 5000 * version)
        assert (published.version, published.as_of_ms) == (version, NOON)
    with park.store.read() as connection:
        stored = [at for at in range(1, 9) if versions.find(connection, "main", at) is not None]
    assert stored == [5, 6, 7]
    collector.refresh(NOON + versions.RENEW_EVERY_MS)
    offer = answer(board, collector, birth(lists=(("main", 2),)))
    assert fetched(board, collector, offer).manifest.base == 0


def test_bodies_are_cached_within_limits(
    park: Centre, collector: Collector, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer(board, collector, birth(lists=()))
    sell(park, TicketOrder("adult", TODAY, count=5))
    collector.refresh(NOON + versions.SALES_EVERY_MS)
    assert fetched(board, collector, first).manifest.version == 1
    monkeypatch.setattr(publisher, "KEPT_BYTES", 1)
    sell(park, TicketOrder("adult", TODAY, count=5))
    collector.refresh(NOON + 2 * versions.SALES_EVERY_MS)
    [instead] = received(
        board, collector.process([board.sign(ListRequest("main", 1, 0, 0))], 0, NOON + 10)
    )
    assert isinstance(instead, ListOffer)
    assert instead.instead == 1


def test_a_new_gate_is_sent_the_keys_before_what_they_sign(
    park: Centre, collector: Collector, tmp_path: Path
) -> None:
    fresh = Board("gate-2", enrol(park, "gate-2", tmp_path / "gate-2"))
    sent = [fresh.verify(packet) for packet in collector.refresh(NOON + 1)]
    kinds = [type(message) for message in sent]
    assert kinds.index(KeysOffer) == 0
    assert ListOffer in kinds
