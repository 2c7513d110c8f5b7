"""Test the ledger: every double use at several gates, in whatever order its records arrive."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import select

from fleet_manager.database import tables_station
from fleet_manager.database.store import Store
from fleet_manager.errors import CentreError
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.station import ledger
from fleet_manager.station.conflicts import Movement, find_conflicts
from fleet_manager.station.ledger import Case, Exposure
from fleet_manager.tickets import products
from fleet_manager.tickets.products import Product, ProductKind
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind, Unconfirmed, encode
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import ONCE, EntryPolicy, EntryRule
from gate_agent.validator.uses import Entitlement
from tests.fleet_manager.conftest import SHANGHAI, furnish
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

CALENDAR = Calendar(SHANGHAI)
DAY = CALENDAR.day(NOON)
TRUSTED, BOUNDED = ClockState.TRUSTED, ClockState.BOUNDED


def event(gate: int, wall_ms: int, persons: int = 1, **fields: Any) -> Movement:
    clock = fields.pop("clock", TRUSTED)
    record = Passage(
        seq=1,
        kind=PassageKind.TAKEN,
        lane=1,
        direction=Direction.IN,
        wall_ms=NOON,
        mono_ms=0,
        boot=7,
        clock=clock,
        alone=1,
    )
    values: dict[str, Any] = {
        "wall_ms": wall_ms, "gate": f"gate-{gate}", "journal": bytes([gate]) * 16, "seq": 1,
        "out": False, "persons": persons, "day": 1, "product": 1, "admits": 1,
        "record": encode(record),
    }  # fmt: skip
    return Movement(**(values | fields))


def conflicts_of(
    *events: Movement, policy: EntryPolicy = ONCE, admits: int = 1
) -> list[tuple[Any, ...]]:
    conflicts, _ = find_conflicts(events, Entitlement(policy=policy, admits=admits))
    return [
        (conflict.day, conflict.reason, conflict.too_many, conflict.sure) for conflict in conflicts
    ]


def test_a_copy_at_two_gates() -> None:
    assert conflicts_of(event(1, 0)) == []
    assert conflicts_of(event(1, 0), event(2, 10_000)) == [(1, Reason.USED, 1, True)]
    assert conflicts_of(event(1, 0), event(2, 1500)) == [(1, Reason.USED, 1, False)]
    assert conflicts_of(event(1, 0), event(2, 9000, clock=BOUNDED)) == [(1, Reason.USED, 1, False)]


def test_what_one_journal_did_alone_is_not_here() -> None:
    assert conflicts_of(event(1, 0), event(1, 10_000, seq=2)) == []


def test_a_team_over_three_gates() -> None:
    events = [event(1, 0, 3), event(2, 5000, 3), event(3, 90_000, 1)]
    assert conflicts_of(*events, admits=5) == [(1, Reason.USED, 2, True)]
    ((conflict,), _) = find_conflicts(events, Entitlement(policy=ONCE, admits=5))
    assert [use.too_many for use in conflict.uses] == [0, 1, 1]


def test_re_entries_are_no_conflict_unless_too_soon_or_without_an_exit() -> None:
    daily = EntryPolicy(EntryRule.DAILY)
    exits = EntryPolicy(EntryRule.DAILY, 0, exit_required=True)
    first, soon, late = event(1, 0), event(2, 60_000), event(2, 900_000)
    assert conflicts_of(first, late, policy=daily) == []
    assert conflicts_of(first, soon, policy=daily) == [(1, Reason.PASSBACK, 1, True)]
    assert conflicts_of(first, late, policy=exits) == [(1, Reason.INSIDE, 1, True)]
    assert conflicts_of(first, event(3, 500_000, out=True), late, policy=exits) == []
    # The gate's own soft anti-passback, after somebody was elsewhere long before.
    assert conflicts_of(first, late, event(2, 910_000, seq=2), policy=daily) == []


def test_days_have_cases_of_their_own() -> None:
    twice = EntryPolicy(EntryRule.COUNTED, 2)
    events = [event(1, at * 86_400_000, day=at, seq=at) for at in (1, 2)]
    events += [event(2, at * 86_400_000 + 400_000, day=at, seq=at) for at in (1, 2, 3)]
    assert [conflict[:3] for conflict in conflicts_of(*events, policy=twice)] == [
        (2, Reason.USED, 2), (3, Reason.USED, 1),
    ]  # fmt: skip


# --- in the database ---------------------------------------------------------------------------


def scribes() -> list[Scribe]:
    return [Scribe(f"gate-{n}", bytes([n]) * 16) for n in (1, 2, 3)]


def double_day() -> list[Scribe]:
    """Ticket 1 once at each of three gates, 2 at one only, a team of 5 with 4 and 3."""
    pens = scribes()
    for n, pen in enumerate(pens):
        pen.write(
            PassageKind.TAKEN, ticket=ticket_id(1), product=1, wall_ms=NOON + 60_000 * n, alone=1
        )
    pens[0].write(PassageKind.TAKEN, ticket=ticket_id(2), product=1)
    pens[0].write(PassageKind.TAKEN, ticket=ticket_id(3), product=2, admits=5, persons=4)
    pens[1].write(
        PassageKind.TAKEN,
        ticket=ticket_id(3),
        product=2,
        admits=5,
        persons=3,
        wall_ms=NOON + 500_000,
    )
    return pens


def bring(store: Store, pen: Scribe, first: int = 1, count: int | None = None) -> None:
    with store.write() as connection:
        ingest(connection, [(pen.gate, pen.batch(first, count))], CALENDAR, NOON)


def cases(store: Store) -> list[Case]:
    with store.read() as connection:
        return ledger.cases(connection)


def priced(store: Store) -> None:
    with store.write() as connection:
        products.set_price(connection, "adult", 8000)


def test_found_when_the_records_come(store: Store) -> None:
    priced(store)
    for one in double_day():
        bring(store, one)
    by_serial = {one.serial: one for one in cases(store)}
    assert by_serial.keys() == {1, 3}
    case = by_serial[1]
    assert (case.persons, case.cents, case.reason, case.sure, case.state) == (
        2, 16_000, Reason.USED, True, "open",
    )  # fmt: skip
    assert [(row["gate"], row["too_many"], row["alone"]) for row in case.records] == [
        ("gate-1", 0, "apart"), ("gate-2", 1, "apart"), ("gate-3", 1, "apart"),
    ]  # fmt: skip
    assert (by_serial[3].persons, by_serial[3].cents) == (2, None)
    assert ledger.exposure(cases(store)) == Exposure(2, 4, 16_000, 2)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_any_order_and_twice(order: tuple[int, ...], store: Store) -> None:
    pens = double_day()
    for _ in range(2):
        for n in order:
            bring(store, pens[n])
    assert [(case.serial, case.persons) for case in cases(store)] == [(1, 2), (3, 2)]


def shuffled(pens: list[Scribe], rng: random.Random) -> Iterator[tuple[int, int]]:
    """Yield pen and place of each record; a journal's own order is kept, as a gate keeps it."""
    todo = [(n, at) for n, item in enumerate(pens) for at in range(len(item.records))]
    rng.shuffle(todo)
    while todo:
        n = rng.choice(todo)[0]
        at = min(at for m, at in todo if m == n)
        todo.remove((n, at))
        yield n, at


def test_record_by_record_in_a_random_order(tmp_path: Any) -> None:
    """The ledger is a function of the set of records."""
    results = set()
    for seed in range(6):
        store = Store.open(f"sqlite:///{tmp_path}/{seed}.db", create=True)
        furnish(store)
        pens, rng = double_day(), random.Random(seed)
        for n, at in shuffled(pens, rng):
            bring(store, pens[n], at + 1, 1)
        values = [asdict(item) for item in cases(store)]
        results.add(repr([{k: v for k, v in item.items() if k != "found_ms"} for item in values]))
        store.close()
    assert len(results) == 1


def test_an_exit_that_comes_late_explains_it(store: Store) -> None:
    with store.write() as connection:
        exits = EntryPolicy(EntryRule.DAILY, 0, exit_required=True)
        products.add(connection, Product(9, "day", "日", "Day", ProductKind.PASS, policy=exits))
    pens = scribes()
    pens[0].write(PassageKind.TAKEN, ticket=ticket_id(1), product=9)
    pens[1].write(PassageKind.TAKEN, ticket=ticket_id(1), product=9, wall_ms=NOON + 900_000)
    pens[2].write(
        PassageKind.TAKEN,
        ticket=ticket_id(1),
        product=9,
        wall_ms=NOON + 600_000,
        direction=Direction.OUT,
    )
    bring(store, pens[0])
    bring(store, pens[1])
    assert [case.reason for case in cases(store)] == [Reason.INSIDE]
    bring(store, pens[2])
    assert cases(store) == []


def test_resolved_stays_so_until_it_grows(store: Store) -> None:
    pens = double_day()
    for pen in pens[:2]:
        bring(store, pen)
    with store.write() as connection:
        assert ledger.resolve(connection, 1, "li", "family shared a ticket", NOON + 5) == 1
    assert [case.serial for case in cases(store) if case.state == ledger.OPEN] == [3]
    bring(store, pens[0])
    case = next(case for case in cases(store) if case.serial == 1)
    assert (case.state, case.by, case.why) == ("resolved", "li", "family shared a ticket")
    bring(store, pens[2])
    case = next(case for case in cases(store) if case.serial == 1)
    assert (case.state, case.persons, case.by) == ("open", 2, "")
    with store.write() as connection, pytest.raises(CentreError):
        ledger.resolve(connection, 77, "li", "", NOON)


def test_unresolved_grants_and_forgiven_tickets(store: Store) -> None:
    pens = scribes()
    pens[0].write(PassageKind.UNRESOLVED, ticket=ticket_id(1), product=1)
    pens[1].write(PassageKind.TAKEN, ticket=ticket_id(1), product=1)
    pens[2].write(PassageKind.FORGIVEN, ticket=ticket_id(1), product=1)
    for pen in pens:
        bring(store, pen)
    with store.write() as connection:
        connection.execute(
            tables_station.forgiven.insert().values(
                ticket=ticket_id(1), persons=1, at_ms=NOON, by="li", why=""
            )
        )
        ledger.update_cases(connection, ticket_id(1), CALENDAR, NOON)
        assert connection.execute(select(tables_station.conflict)).all() == []
    assert Unconfirmed(1).name == "APART"
