"""What other gates report is stored within a bound, while the gate runs."""

import sqlite3
from collections.abc import Iterator

import pytest

from gate_agent.journal.remote_history import RemoteHistory
from gate_agent.validator.messages.short_news import ShortNews
from tests.gate_agent.samples import NOW_S, ZONE

DAY_MS = 86_400_000
NOW_MS = NOW_S * 1000
MOST = 40


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:", isolation_level=None)
    yield made
    made.close()


class Report:
    """News of one new ticket after another."""

    def __init__(self, remote: RemoteHistory) -> None:
        self.remote = remote

    def tickets(self, count: int, wall_ms: int) -> list[bytes]:
        """Reports `count` more tickets, a second apart, and writes after ten of them."""
        reported = []
        for place in range(count):
            number = self.remote.number + 1
            ticket = number.to_bytes(8, "big")
            at_ms = wall_ms + 1000 * place
            assert self.remote.take_short(ShortNews(number, ticket, False, 1), at_ms)
            reported.append(ticket)
            if number % 10 == 0:
                self.remote.write()
        return reported


def stored(db: sqlite3.Connection) -> int:
    (count,) = db.execute("SELECT count(*) FROM heard").fetchone()
    return int(count)


def test_it_never_stores_more_than_it_may(db: sqlite3.Connection) -> None:
    report = Report(RemoteHistory(db, ZONE, MOST))
    for day in range(10):
        report.tickets(20, NOW_MS + day * DAY_MS)
        assert stored(db) <= MOST


def test_old_days_are_forgotten_first_and_that_is_no_fault(db: sqlite3.Connection) -> None:
    remote = RemoteHistory(db, ZONE, MOST)
    report = Report(remote)
    first = report.tickets(20, NOW_MS)
    later = [report.tickets(20, NOW_MS + day * DAY_MS) for day in (1, 2)]
    assert not remote.overflows
    assert remote.history(first[0]).entered == 0
    assert all(remote.history(ticket).entered == 1 for ticket in later[1])


def test_a_flood_in_one_day_is_bounded_seen_and_ends_with_it(db: sqlite3.Connection) -> None:
    """Any number of false ones must not keep the next true one out."""
    remote = RemoteHistory(db, ZONE, MOST)
    report = Report(remote)
    report.tickets(10 * MOST, NOW_MS)
    assert stored(db) <= MOST
    seen = remote.overflows
    (true,) = report.tickets(1, NOW_MS + 10 * MOST * 1000)
    remote.write()
    assert remote.history(true).entered == 1
    report.tickets(1, NOW_MS + DAY_MS)
    assert (seen, remote.overflows) == (True, False)


def test_tickets_of_one_moment_are_not_all_forgotten(db: sqlite3.Connection) -> None:
    remote = RemoteHistory(db, ZONE, MOST)
    for number in range(1, 2 * MOST):
        news = ShortNews(number, number.to_bytes(8, "big"), False, 1)
        assert remote.take_short(news, NOW_MS)
        remote.write()
    assert MOST // 2 < stored(db) <= MOST


def test_what_is_stored_counts_after_a_start(db: sqlite3.Connection) -> None:
    Report(RemoteHistory(db, ZONE, MOST)).tickets(MOST, NOW_MS)
    remote = RemoteHistory(db, ZONE, MOST)
    assert not remote.overflows
    Report(remote).tickets(10, NOW_MS + MOST * 1000)
    assert stored(db) <= MOST
