"""Contacts: bounce taken away."""

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.drivers.pins.contacts import SETTLE_MS, Contact


@given(
    st.lists(st.tuples(st.floats(0.1, SETTLE_MS * 0.9), st.booleans()), max_size=30),
    st.booleans(),
)
def test_no_bounce_counts_and_the_last_level_does(
    edges: list[tuple[float, bool]], last: bool
) -> None:
    contact = Contact(True)
    now_ms = 0.0
    for wait_ms, closed in edges:
        now_ms += wait_ms
        contact.seen(closed, now_ms)
    contact.seen(last, now_ms)
    changes = contact.changes(now_ms + 2 * SETTLE_MS)
    assert [closed for _, closed in changes] == [i % 2 == 1 for i in range(len(changes))]
    assert contact.closed is last
    assert contact.due_ms is None


def test_a_movement_has_the_time_of_its_last_edge() -> None:
    contact = Contact(True)
    for at_ms, closed in ((100.0, False), (101.0, True), (103.0, False)):
        contact.seen(closed, at_ms)
    assert contact.due_ms == 103.0 + SETTLE_MS
    assert contact.changes(103.0 + SETTLE_MS) == [(103.0, False)]


def test_an_opening_that_did_not_settle_is_remembered_and_the_bounce_of_a_closing_is_none() -> None:
    contact = Contact(True)
    contact.seen(False, 100.0)
    contact.seen(True, 105.0)
    assert contact.opened(99.0, 101.0)
    assert not contact.opened(101.0, 200.0)
    contact.seen(False, 300.0)
    contact.seen(True, 500.0)
    contact.seen(False, 501.0)
    contact.seen(True, 502.0)
    assert not contact.opened(499.0, 600.0)
    assert contact.closed_since(501.5)
    assert not contact.closed_since(502.0)
