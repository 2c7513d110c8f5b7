"""Test that a message costs the centre the same after a year as on the first day.

The cost is counted in steps of SQLite's virtual machine, which other work does not change.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from fleet_manager.database.store import Store
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.station import claims, news
from gate_agent.validator.messages.claim_number import claim_number
from gate_agent.validator.messages.notes import Claim, NewsRequest
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.tickets.entry_policy import EntryPolicy
from tests.fleet_manager.conftest import SHANGHAI, furnish
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id
from tests.sqlite_steps import SLACK, steps_of

CALENDAR = Calendar(SHANGHAI)
FEW, MANY = 60, 900


class _Year:
    """A centre with `count` passages of one gate."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.pen = Scribe("gate-1", bytes(range(16)))
        self.count = 0

    def go_on(self, count: int) -> None:
        first = len(self.pen.records) + 1
        while self.count < count:
            self.count += 1
            self.pen.write(PassageKind.TAKEN, ticket=ticket_id(self.count), admits=1)
        with self.store.write() as connection:
            for at in range(first, len(self.pen.records) + 1):
                ingest(connection, [("gate-1", self.pen.batch(at, 1))], CALENDAR, NOON)

    def steps(self, act: Callable[["_Year", Connection], object]) -> int:
        with self.store.write() as connection:
            driver: Any = connection.connection.driver_connection
            return steps_of(driver, lambda: act(self, connection))


def _record(year: _Year, connection: Connection) -> None:
    year.count += 1
    year.pen.write(PassageKind.TAKEN, ticket=ticket_id(year.count), admits=1)
    assert ingest(connection, [("gate-1", year.pen.batch(year.count))], CALENDAR, NOON)


def _since(missing: int) -> Callable[[_Year, Connection], None]:
    def ask(year: _Year, connection: Connection) -> None:
        answer = news.since(connection, "gate-2", NewsRequest(7, year.count - missing))
        assert len(answer.entries) == missing

    return ask


def _claim(year: _Year, connection: Connection) -> None:
    number, policy = claim_number(year.count, 1), EntryPolicy().to_byte()
    claim = Claim(
        journal_id=bytes(16),
        number=number,
        ticket=ticket_id(9),
        persons=1,
        admits=1,
        policy=policy,
        extra=0,
        passback=0,
        passback_ms=0,
        share=0,
    )
    assert claims.decide_claim(connection, "gate-2", 3, claim, CALENDAR.day(NOON), NOON) is not None


def _housekeeping(year: _Year, connection: Connection) -> None:
    claims.forget_expired(connection, NOON)
    news.forget_old(connection, NOON)


@pytest.mark.parametrize(
    "act",
    [_record, _since(0), _since(1), _claim, _housekeeping, lambda _, c: news.heads(c)],
    ids=["record", "news of nothing", "news of one", "claim", "housekeeping", "poll"],
)
def test_it_costs_the_same_after_many_passages(
    act: Callable[[_Year, Connection], object], tmp_path: Path
) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'centre.db'}", create=True)
    furnish(store)
    year = _Year(store)
    year.go_on(FEW)
    few = year.steps(act)
    year.go_on(MANY)
    assert 0 < year.steps(act) <= few + SLACK
    store.close()
