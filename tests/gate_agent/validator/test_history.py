"""What a journal knows of a ticket: a fold, checked against sums over the same records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.history import NEVER_SEEN, History, fold
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from tests.gate_agent.validator.builders import prove

IN, OUT = Direction.IN, Direction.OUT


def record(
    kind: PassageKind, persons: int = 1, direction: Direction = IN, wall_ms: int = 1000
) -> Passage:
    return Passage(
        seq=1,
        kind=kind,
        lane=1,
        direction=direction,
        wall_ms=wall_ms,
        mono_ms=0,
        boot=0,
        clock=ClockState.TRUSTED,
        persons=persons,
    )


RECORDS = st.lists(
    st.tuples(
        st.builds(
            record,
            st.sampled_from(PassageKind),
            st.integers(0, 9),
            st.sampled_from(Direction),
            st.integers(0, 10**6),
        ),
        st.integers(1, 3),
    ),
    max_size=30,
)


def after(*records: Passage, day: int = 1, start: History = NEVER_SEEN) -> History:
    for one in records:
        start = fold(start, one, day)
    return start


@prove
@given(RECORDS)
def test_the_fold_is_the_sum(records: list[tuple[Passage, int]]) -> None:
    history = NEVER_SEEN
    for one, day in records:
        history = fold(history, one, day)
        assert min(history.reserved, history.persons_inside, history.entered_today) >= 0
        assert history.entered_today <= history.entered
    used = [
        (one, day)
        for one, day in records
        if one.direction is IN and one.kind in (PassageKind.TAKEN, PassageKind.UNRESOLVED)
    ]
    assert history.entered == sum(one.persons for one, _day in used)
    assert history.last_in_ms == (used[-1][0].wall_ms if used else 0)
    assert history.day == (used[-1][1] if used else 0)
    today = 0
    for one, day in reversed(used):
        if day != history.day:
            break
        today += one.persons
    assert history.entered_today == today


@prove
@given(st.integers(1, 9), st.integers(0, 9))
def test_a_grant_comes_to_an_end(persons: int, turns: int) -> None:
    history = after(record(PassageKind.GRANTED, persons))
    assert history == History(reserved=persons)
    taken = min(turns, persons)
    for _turn in range(taken):
        history = fold(history, record(PassageKind.TAKEN), 1)
    left = persons - taken
    assert (history.entered, history.reserved) == (taken, left)
    history = fold(history, record(PassageKind.NOT_TAKEN, left), 1)
    assert (history.entered, history.reserved, history.inside) == (taken, 0, taken)


def test_unresolved_uses_the_admission_up() -> None:
    history = after(record(PassageKind.GRANTED, 2), record(PassageKind.UNRESOLVED, 2))
    assert (history.entered, history.reserved) == (2, 0)


@pytest.mark.parametrize(
    "kind",
    [PassageKind.BOOT, PassageKind.DENIED, PassageKind.FORCED, PassageKind.FREE, PassageKind.MODE],
)
def test_other_kinds_say_nothing_of_a_ticket(kind: PassageKind) -> None:
    before = History(3, 1, 2, 1, 1, 5, exited_since=True)
    assert fold(before, record(kind), 2) == before


@pytest.mark.parametrize(
    "kind", sorted(set(PassageKind) - {PassageKind.TAKEN, PassageKind.FORGIVEN})
)
def test_only_a_passage_out_counts_at_an_exit(kind: PassageKind) -> None:
    before = History(3, 1, 2, 1, 1, 5)
    assert fold(before, record(kind, direction=OUT), 2) == before


def test_out_and_in_again() -> None:
    inside = after(record(PassageKind.TAKEN, 3))
    one_left = fold(inside, record(PassageKind.TAKEN, 1, OUT), 1)
    out_ms = record(PassageKind.TAKEN, 1, OUT).wall_ms
    assert one_left == inside._replace(inside=2, exited_since=True, last_out_ms=out_ms)
    assert fold(one_left, record(PassageKind.TAKEN, 9, OUT), 1).persons_inside == 0
    assert not fold(one_left, record(PassageKind.TAKEN, 1), 1).exited_since


def test_a_new_day_begins_at_nought() -> None:
    yesterday = after(record(PassageKind.TAKEN, 3), day=1)
    assert yesterday.entered_today == 3
    today = fold(yesterday, record(PassageKind.TAKEN, 1), 2)
    assert (today.entered, today.entered_today, today.day) == (4, 1, 2)
