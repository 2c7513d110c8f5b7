"""One history of a ticket out of what the gate saw and what it heard."""

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.history import (
    NEVER_SEEN,
    History,
    came_in,
    came_in_late,
    merged,
    went_out,
    went_out_late,
)
from tests.gate_agent.validator.builders import prove

EVENTS = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.integers(1, 3), st.integers(0, 50)), max_size=12
)


def seen(history: History, out: bool, persons: int, wall_ms: int) -> History:
    if out:
        return went_out(history, persons, wall_ms)
    return came_in(history, persons, 1 + wall_ms // 100, wall_ms)


@prove
@given(EVENTS)
def test_two_halves_are_the_whole(events: list[tuple[bool, bool, int, int]]) -> None:
    """Whoever saw what: sums, the last day and who came last are those of one fold."""
    events = sorted(events, key=lambda one: one[3])
    events = [(*one[:3], 10 * one[3] + number) for number, one in enumerate(events)]
    whole = own = heard = NEVER_SEEN
    for mine, out, persons, wall_ms in events:
        whole = seen(whole, out, persons, wall_ms)
        if mine:
            own = seen(own, out, persons, wall_ms)
        elif out:
            heard = went_out_late(heard, persons, wall_ms)
        else:
            heard = came_in_late(heard, persons, 1 + wall_ms // 100, wall_ms)
    both = merged(own, heard)
    if whole.last_in_ms == 0:
        whole, both = (one._replace(exited_since=False) for one in (whole, both))
    assert both == whole


def test_nothing_heard_changes_nothing() -> None:
    own = History(3, 1, 2, 1, 1, 5, alone=2)
    assert merged(own, NEVER_SEEN) is own
    assert merged(own, History(1, 2, 1, 1, 0, 9)).alone == 2


@prove
@given(st.permutations([(1, 5, 2), (2, 150, 1), (1, 160, 3), (2, 170, 1)]))
def test_late_news_lead_to_the_same(order: list[tuple[int, int, int]]) -> None:
    history = NEVER_SEEN
    for day, wall_ms, persons in order:
        history = came_in_late(history, persons, day, wall_ms)
    assert (history.entered, history.last_in_ms, history.inside) == (7, 170, 7)
    assert history.day == 2


def test_an_exit_heard_late_does_not_undo_an_entry() -> None:
    history = went_out_late(came_in_late(NEVER_SEEN, 1, 1, 100), 1, 50)
    assert not history.exited_since
    assert (history.inside, history.last_out_ms, history.persons_inside) == (0, 50, 1)
    assert went_out_late(history, 1, 120).exited_since
    assert came_in_late(history, 1, 1, 90).entered_today == 2
    assert came_in_late(history, 1, 9, 90).entered_today == 1


def test_an_entry_heard_late_does_not_undo_the_exit_after_it() -> None:
    history = came_in_late(went_out_late(NEVER_SEEN, 1, 120), 1, 1, 100)
    assert history.exited_since
    assert (history.inside, history.last_in_ms, history.persons_inside) == (0, 100, 0)
    assert not came_in_late(history, 1, 1, 130).exited_since


@prove
@given(st.permutations([(False, 5), (True, 60), (False, 150), (True, 170)]), st.integers(2, 4))
def test_exits_and_entries_heard_in_any_order_lead_to_the_same(
    order: list[tuple[bool, int]], count: int
) -> None:
    events = order[:count]
    history = whole = NEVER_SEEN
    for out, wall_ms in events:
        late = went_out_late(history, 1, wall_ms) if out else came_in_late(history, 1, 1, wall_ms)
        history = late
    for out, wall_ms in sorted(events, key=lambda event: event[1]):
        whole = went_out(whole, 1, wall_ms) if out else came_in(whole, 1, 1, wall_ms)
    assert history == whole


def test_reserved_on_top() -> None:
    assert NEVER_SEEN.with_reserved(0) is NEVER_SEEN
    assert NEVER_SEEN.with_reserved(2).reserved == 2
