"""Test that pages of records hold each record once, newest first, and cost the same after years."""

import random
from pathlib import Path
from typing import Any

import pytest

from fleet_manager.database.store import Store
from fleet_manager.errors import CentreError
from fleet_manager.intake.ingest import ingest
from fleet_manager.passages.record_pages import MOST_READ, WINDOWS, Place, page
from fleet_manager.passages.records import GateRecord, RecordFilter, digest_of, find
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.conftest import GATES, furnish
from tests.fleet_manager.intake.test_ingest import CALENDAR
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id
from tests.sqlite_steps import steps_of

TODAY = CALENDAR.day(NOON)
DAY_MS = 86_400_000
EVERY = RecordFilter(kinds=frozenset(PassageKind))


def fill(store: Store, count: int = 150, days: int = 5) -> None:
    """Store records of every kind at every gate; many at the very same time."""
    chance = random.Random(count)
    for at, gate in enumerate(GATES):
        pen = Scribe(gate, bytes([at]) * 16)
        for _ in range(count):
            kind = chance.choice([*PassageKind, PassageKind.DENIED])
            alien = kind is PassageKind.DENIED and chance.random() < 0.5
            pen.write(
                kind,
                wall_ms=NOON - chance.randrange(days * 20) * DAY_MS // 20,
                direction=chance.choice(list(Direction)),
                ticket=None if alien else ticket_id(chance.randrange(max(40, count // 4))),
                code=digest_of(f"x{chance.randrange(max(5, count // 30))}") if alien else None,
                reason=int(chance.choice([Reason.USED, Reason.ALIEN])),
                detail=chance.choice(["", "zhang: known"]) if kind is PassageKind.TAKEN else "",
            )
        with store.write() as connection:
            ingest(connection, [(gate, pen.batch())], CALENDAR, NOON)


def turned(store: Store, wanted: RecordFilter, most: int = 7) -> list[GateRecord]:
    """Return what all pages hold, one after the other."""
    records: list[GateRecord] = []
    after: Place | None = None
    with store.read() as connection:
        for _ in range(1000):
            shown = page(connection, wanted, after, most)
            records += shown.records
            after = shown.after and Place.read(shown.after.text)
            if after is None:
                return records
    raise AssertionError("the pages do not end")


WANTED: list[dict[str, Any]] = [
    {},
    {"kinds": frozenset(PassageKind)},
    {"kinds": (PassageKind.DENIED,)},
    {"kinds": (PassageKind.DENIED,), "reason": "used"},
    {"kinds": (PassageKind.DENIED,), "reason": "reason_200"},
    {"kinds": (PassageKind.DENIED,), "reason": "nonsense"},
    {"kinds": (PassageKind.DENIED, PassageKind.FORCED), "gate": "gate-3"},
    {"kinds": (PassageKind.TAKEN,), "taken": Direction.OUT},
    {"kinds": (), "overrides": True},
    {"staff": "zhang"},
    {"gate": "gate-2"},
    {"station": "north", "reason": "alien"},
    {"days": (TODAY - 3, TODAY - 1)},
    {"ticket": ticket_id(3)},
    {"ticket": ticket_id(3), "gate": "gate-1", "kinds": (PassageKind.TAKEN,)},
    {"code": digest_of("x3")},
    {"code": digest_of("never shown")},
]


@pytest.mark.parametrize("fields", WANTED, ids=str)
def test_all_pages_hold_what_a_search_finds_newest_first(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/centre.db", create=True)
    furnish(store)
    fill(store)
    check_pages(store, fields)
    store.close()


def check_pages(store: Store, fields: dict[str, Any]) -> None:
    wanted = RecordFilter(**fields)
    with store.read() as connection:
        searched = list(find(connection, wanted))
    records = turned(store, wanted)
    assert sorted(records, key=repr) == sorted(searched, key=repr)
    assert [record.at_ms for record in records] == [
        record.at_ms for record in sorted(records, key=lambda record: -record.at_ms)
    ]


def test_pages_are_the_same_over_each_database(store: Store) -> None:
    fill(store, 60)
    for fields in WANTED:
        check_pages(store, fields)


def test_disowned_records_are_shown_too(store: Store) -> None:
    fill(store, 40)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE passage SET kind = -kind WHERE seq > 20")
    for fields in WANTED:
        check_pages(store, fields)
    assert any(record.disowned for record in turned(store, EVERY))


def test_a_page_that_has_looked_far_enough_says_where_to_go_on(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/centre.db", create=True)
    furnish(store)
    pen = Scribe("gate-1", bytes(16))
    pen.write(PassageKind.TAKEN, detail="zhang: known", wall_ms=NOON - DAY_MS)
    for _ in range(sum(MOST_READ)):
        pen.write(PassageKind.TAKEN)
    with store.write() as connection:
        ingest(connection, [("gate-1", pen.batch())], CALENDAR, NOON)
    wanted = RecordFilter(staff="zhang")
    with store.read() as connection:
        first = page(connection, wanted)
        assert (first.records, first.after is None) == ([], False)
        rest = page(connection, wanted, first.after)
    assert [record.staff for record in rest.records] == ["zhang"]
    assert rest.after is None
    assert WINDOWS[-1] > MOST_READ[-1]
    store.close()


@pytest.mark.parametrize("fields", [WANTED[0], *WANTED[2:4], *WANTED[12:]], ids=str)
def test_a_page_costs_the_same_after_years(tmp_path: Path, fields: dict[str, Any]) -> None:
    """Counted in steps of SQLite's virtual machine: what grows with all records is searched."""
    steps = []
    for count in (600, 3000):
        store = Store.open(f"sqlite:///{tmp_path}/{count}.db", create=True)
        furnish(store)
        fill(store, count, days=count // 100)
        with store.read() as connection:
            driver: Any = connection.connection.driver_connection
            wanted = RecordFilter(**fields)
            steps.append(steps_of(driver, lambda: page(connection, wanted, None, 20)))  # noqa: B023
        store.close()
    assert steps[1] < 2.5 * steps[0] + 2000


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "1.2.3.4.5", "1.2.3.x", "-1.2.3.4", "1.2.3.4\n", "९.1.1.1"]
)
def test_a_place_that_is_none_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(CentreError, match="it is no place") as caught:
        Place.read(text)
    assert caught.value.hint == "begin anew"
