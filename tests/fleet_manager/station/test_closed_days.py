"""Test that closed days change nothing but the cost: cases and histories are those of all records.

The reference is the plain fold, written here once more: over every record, each time.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from fleet_manager.database import store as database
from fleet_manager.database import tables, tables_station, tables_trust
from fleet_manager.database.store import Store
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.passages import closed_days
from fleet_manager.passages.usage import alone_by_gate, history_of
from fleet_manager.station import news
from gate_agent.validator.history import NEVER_SEEN, History, came_in, went_out
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import ONCE, POLICIES
from gate_agent.validator.trust.rule_book import Passback
from gate_agent.validator.uses import Allowance, Entitlement, judge_uses
from tests.fleet_manager.conftest import SHANGHAI, furnish
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id
from tests.sqlite_steps import SLACK, steps_of

CALENDAR = Calendar(SHANGHAI)
DAY_MS = 86_400_000
TICKET = ticket_id(1)
GATES = ("gate-1", "gate-2", "gate-3")


@dataclass
class Event:
    """A movement as the reference sees it: a record of a gate, or an exemption without one."""

    wall_ms: int
    gate: str
    journal: bytes
    seq: int
    passage: Passage | None
    persons: int

    @property
    def place(self) -> tuple[int, str, bytes, int]:
        return self.wall_ms, self.gate, self.journal, self.seq

    @property
    def out(self) -> bool:
        passage = self.passage
        return (
            passage is None
            or passage.kind is PassageKind.FORGIVEN
            or passage.direction is Direction.OUT
        )


@dataclass
class Story:
    """A centre, three gates, and one ticket. `events`: all that has arrived."""

    store: Store
    pens: list[Scribe] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    passback: Passback = Passback.HARD
    passback_ms: int = 300_000
    policy: int = 0
    price: int | None = None

    def set_product(self, policy: int, price: int | None) -> None:
        self.policy, self.price = policy, price
        with self.store.write() as connection:
            product = tables.product
            values = {"policy": policy, "price_cents": price}
            connection.execute(update(product).where(product.c.id == 1).values(values))

    def set_rules(self, passback: Passback, passback_ms: int) -> None:
        self.passback, self.passback_ms = passback, passback_ms
        words = f"passback={passback.name.lower()} passback-time={passback_ms}ms"
        row: dict[str, object] = {"product": tables.NO_PRODUCT, "settings": words}
        with self.store.write() as connection:
            database.put_row(connection, tables_trust.rule, row)

    def arrive(self, at: int, passage: dict[str, Any], now_ms: int) -> None:
        pen = self.pens[at]
        written = pen.write(**passage, ticket=TICKET, product=1)
        with self.store.write() as connection:
            ingest(connection, [(pen.gate, pen.batch(written.seq, 1))], CALENDAR, now_ms)
        self.events.append(
            Event(written.wall_ms, pen.gate, pen.journal_id, written.seq, written, written.persons)
        )

    def forgive(self, persons: int, now_ms: int) -> None:
        with self.store.write() as connection:
            news.forgive(connection, TICKET, persons, "li", "x", now_ms)
            (no,) = connection.execute(
                select(tables_station.forgiven.c.no).order_by(tables_station.forgiven.c.no.desc())
            ).first() or (0,)
        self.events.append(Event(now_ms, "", b"", no, None, persons))

    def check(self) -> None:
        with self.store.read() as connection:
            assert _cases(connection) == self.plain_cases()
            assert history_of(connection, TICKET) == self.plain_history()
            assert alone_by_gate(connection, TICKET) == self.plain_alone()

    def plain_alone(self) -> dict[str, int]:
        persons: dict[str, int] = {}
        for event in self.events:
            passage = event.passage
            if passage is not None and passage.alone and passage.direction is Direction.IN:
                persons[event.gate] = persons.get(event.gate, 0) + event.persons
        return persons

    def plain_history(self) -> History:
        history = NEVER_SEEN
        entries = [
            (event.wall_ms, not event.out, event.persons, CALENDAR.day(event.wall_ms))
            for event in self.events
            if not (
                event.out
                and event.passage is not None
                and event.passage.kind is PassageKind.UNRESOLVED
            )
        ]
        for wall_ms, is_entry, persons, day in sorted(
            (at, is_in, count, day if is_in else 0) for at, is_in, count, day in entries
        ):
            if is_entry:
                history = came_in(history, persons, day, wall_ms)
            else:
                history = went_out(history, persons, wall_ms)
        return history

    def plain_cases(self) -> dict[int, tuple[Any, ...]]:
        """Fold every record, looking back over all of them for each."""
        admits = max((e.passage.admits for e in self.events if e.passage and _enters(e)), default=1)
        right = Entitlement(
            policy=POLICIES[self.policy] if self.events else ONCE,
            admits=admits,
            passback=self.passback,
            passback_ms=self.passback_ms,
        )
        history, uses, cases = NEVER_SEEN, list[tuple[Event, int]](), dict[int, tuple[Any, ...]]()
        for event in sorted(self.events, key=lambda event: event.place):
            if event.passage is not None and event.passage.kind is PassageKind.UNRESOLVED:
                continue
            if event.out:
                history = went_out(history, event.persons, event.wall_ms)
                continue
            day = CALENDAR.day(event.wall_ms)
            self._judge(event, judge_uses(right, history, day, event.wall_ms), uses, cases)
            history = came_in(history, event.persons, day, event.wall_ms)
        return cases

    def _judge(
        self,
        event: Event,
        decision: Allowance | Reason,
        uses: list[tuple[Event, int]],
        cases: dict[int, tuple[Any, ...]],
    ) -> None:
        """Append an entry to `uses`, and to the case of its day if it was too many."""
        day = CALENDAR.day(event.wall_ms)
        allowed = decision.persons if isinstance(decision, Allowance) else 0
        reason = Reason.USED if isinstance(decision, Allowance) else decision
        other = _look_back(uses, event, reason)
        too_many = 0 if other is None else max(0, event.persons - allowed)
        uses.append((event, too_many))
        if not too_many or other is None:
            return
        why, before, sure, *_ = cases.get(day, (int(reason), 0, _sure(other, event)))
        cents = None
        if self.price is not None and event.passage is not None:
            cents = -(-(before + too_many) * self.price // event.passage.admits)
        shown = [(use.gate, use.seq, count) for use, count in uses[-40:]]
        cases[day] = (why, before + too_many, sure, cents, shown)


def _enters(event: Event) -> bool:
    assert event.passage is not None
    return not event.out and event.passage.kind is PassageKind.TAKEN


def _look_back(uses: Sequence[tuple[Event, int]], event: Event, reason: Reason) -> Event | None:
    for use, _ in reversed(uses):
        if use.journal != event.journal:
            return use
        if reason is Reason.PASSBACK:
            return None
    return None


def _sure(first: Event, second: Event) -> bool:
    trusted = all(
        event.passage is not None and event.passage.clock is ClockState.TRUSTED
        for event in (first, second)
    )
    return trusted and second.wall_ms - first.wall_ms > 2000


def _cases(connection: Connection) -> dict[int, tuple[Any, ...]]:
    return {
        row.day: (
            row.reason,
            row.persons,
            bool(row.sure),
            row.cents,
            [(use["gate"], use["seq"], use["too_many"]) for use in json.loads(row.records)],
        )
        for row in connection.execute(select(tables_station.conflict))
    }


@pytest.fixture
def story(store: Store) -> Story:
    """A story over each of the two engines."""
    return _story(store)


def _story(opened: Store) -> Story:
    pens = [Scribe(gate, bytes([number]) * 16) for number, gate in enumerate(GATES, 1)]
    return Story(opened, pens)


def _passage(rng: Random) -> dict[str, Any]:
    kinds = [PassageKind.TAKEN] * 6 + [PassageKind.UNRESOLVED, PassageKind.FORGIVEN]
    in_day = rng.choice([0, 1, 60_000, 200_000, 500_000, 40_000_000, 50_000_000])
    return {
        "kind": rng.choice(kinds),
        "direction": rng.choice([Direction.IN] * 3 + [Direction.OUT]),
        "wall_ms": NOON + rng.randrange(5) * DAY_MS + in_day,
        "clock": rng.choice([ClockState.TRUSTED] * 3 + [ClockState.BOUNDED]),
        "persons": rng.choice([1, 1, 2]),
        "admits": rng.choice([1, 1, 1, 1, 3]),
        "alone": rng.randrange(2),
    }


def _policy(rng: Random) -> int:
    """Once, daily, daily with an exit, twice: with these, few records make a conflict."""
    return rng.choice([0, 2, 6, 0x21, *sorted(POLICIES)[:: rng.randrange(1, 9)]])


def _act(story: Story, rng: Random) -> None:
    now_ms = NOON + rng.choice([-1, 2, 4, 7, 7]) * DAY_MS
    what = rng.randrange(20)
    if what == 0:
        story.forgive(rng.randrange(1, 3), now_ms)
    elif what == 1:
        story.set_rules(rng.choice(list(Passback)), rng.choice([0, 300_000]))
    elif what == 2:
        story.set_product(_policy(rng), rng.choice([None, 300, 500]))
    else:
        passage = _passage(rng)
        story.arrive(rng.choice([0, 0, 1, 2]), passage, now_ms)
        if passage["kind"] is not PassageKind.UNRESOLVED:  # others bring cases up to date
            story.check()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, (1 << 32) - 1), close_at=st.integers(1, 3))
def test_closed_days_give_the_cases_and_histories_of_all_records_in_any_order(
    seed: int, close_at: int
) -> None:
    opened = Store.open("sqlite://", create=True)
    before, closed_days.CLOSE_AT = closed_days.CLOSE_AT, close_at
    rng = Random(seed)
    try:
        furnish(opened)
        story = _story(opened)
        story.set_product(_policy(rng), 500)
        for _ in range(rng.randrange(5, 40)):
            _act(story, rng)
    finally:
        closed_days.CLOSE_AT = before
        opened.close()


def test_an_exemption_by_a_clock_that_was_set_back_counts_in_its_place(story: Story) -> None:
    story.set_product(6, 500)  # daily, an exit is required
    passage: dict[str, Any] = {}
    for at in range(closed_days.CLOSE_AT + 4):
        wall_ms = NOON + at // 8 * DAY_MS + at % 8 * 600_000
        passage = {"kind": PassageKind.TAKEN, "wall_ms": wall_ms, "admits": 1, "persons": 1}
        story.arrive(at % 2, passage, NOON + 20 * DAY_MS)
        story.check()
    story.forgive(1, NOON + 1)
    story.arrive(0, passage | {"wall_ms": NOON + 5 * DAY_MS}, NOON + 20 * DAY_MS)
    story.check()


def _steps(story: Story, days: int) -> int:
    """Return SQLite's steps for one more passage after `days` of ten passages at two gates."""
    for day in range(days):
        for at in range(10):
            wall_ms = NOON + day * DAY_MS + at * 600_000
            story.pens[at == 0].write(
                PassageKind.TAKEN, wall_ms=wall_ms, ticket=TICKET, product=1, claim=0
            )
        with story.store.write() as connection:
            batches = [(pen.gate, pen.batch(len(pen.records) - count + 1))
                       for pen, count in zip(story.pens, (9, 1), strict=False)]  # fmt: skip
            ingest(connection, batches, CALENDAR, NOON + day * DAY_MS)
    pen, now_ms = story.pens[0], NOON + days * DAY_MS
    seq = pen.write(PassageKind.TAKEN, wall_ms=now_ms, ticket=TICKET, product=1).seq
    with story.store.write() as connection:
        driver: Any = connection.connection.driver_connection
        batch = [(pen.gate, pen.batch(seq, 1))]
        ingested = steps_of(driver, lambda: ingest(connection, batch, CALENDAR, now_ms))
        asked = steps_of(driver, lambda: history_of(connection, TICKET))
    return ingested + asked


def test_one_more_passage_costs_the_same_after_a_year(tmp_path: Path) -> None:
    steps = []
    for days in (8, 160):
        store = Store.open(f"sqlite:///{tmp_path}/{days}.db", create=True)
        furnish(store)
        steps.append(_steps(_story(store), days))
        store.close()
    assert steps[1] <= steps[0] + SLACK * 4, steps
