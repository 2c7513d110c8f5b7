"""Contacts: bounce taken away, passages told from wiggles."""

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.drivers.contacts import SETTLE_MS, STUCK_MS, ArmContacts, Contact
from gate_agent.events import Event, Faulted, Moved, Recovered, Returned, Turned


class Rig:
    """Both contacts, closed at rest; `at` moves them and collects what follows."""

    def __init__(self, passage_closed: bool = True) -> None:
        self.passage = Contact(passage_closed)
        self.home = Contact(True)
        self.contacts = ArmContacts(1, "arm 1", self.passage, self.home, 0.0)

    def at(
        self, now_ms: float, passage: bool | None = None, home: bool | None = None
    ) -> list[Event]:
        if passage is not None:
            self.passage.seen(passage, now_ms)
        if home is not None:
            self.home.seen(home, now_ms)
        return list(self.contacts.events(now_ms))


def test_a_passage_is_one_turn() -> None:
    rig = Rig()
    assert rig.at(0, home=False) == []
    assert rig.at(SETTLE_MS) == [Moved(1)]
    assert rig.at(400, passage=False) == []
    assert rig.at(400 + SETTLE_MS) == [Turned(1)]
    assert rig.at(800, passage=True, home=True) == []
    assert rig.at(800 + SETTLE_MS) == []
    assert rig.contacts.due_ms is None


def test_a_wiggle_is_no_turn() -> None:
    rig = Rig()
    rig.at(0, home=False)
    assert rig.at(200, home=True) == [Moved(1)]
    assert rig.at(200 + SETTLE_MS) == [Returned(1)]


def test_a_late_look_loses_nothing_and_keeps_the_order() -> None:
    rig = Rig()
    rig.home.seen(False, 0)
    rig.home.seen(True, 300)
    rig.home.seen(False, 600)
    rig.passage.seen(False, 1000)
    rig.passage.seen(True, 1400)
    rig.home.seen(True, 1400)
    assert rig.at(5000) == [Moved(1), Returned(1), Moved(1), Turned(1)]


def test_the_passage_rearms_when_it_closes() -> None:
    rig = Rig()
    turns = []
    for start in (0, 1000):
        turns += rig.at(start, passage=False) + rig.at(start + 100)
        turns += rig.at(start + 500, passage=True) + rig.at(start + 600)
    assert turns == [Turned(1), Turned(1)]


def test_a_contact_that_stays_open_is_a_fault_until_it_closes() -> None:
    rig = Rig()
    rig.at(0, passage=False)
    assert rig.at(SETTLE_MS) == [Turned(1)]
    assert rig.contacts.due_ms == SETTLE_MS + STUCK_MS
    (fault,) = rig.at(SETTLE_MS + STUCK_MS)
    assert isinstance(fault, Faulted)
    assert fault.device == "arm 1"
    assert rig.at(60_000) == []
    rig.at(70_000, passage=True)
    assert rig.at(70_000 + SETTLE_MS) == [Recovered("arm 1")]


def test_a_contact_that_is_open_from_the_start_is_a_fault_and_no_passage() -> None:
    rig = Rig(passage_closed=False)
    assert [type(event) for event in rig.at(0)] == [Faulted]
    rig.at(10, passage=True)
    assert rig.at(10 + SETTLE_MS) == [Recovered("arm 1")]


def test_contacts_that_are_not_wired() -> None:
    contacts = ArmContacts(1, "arm 1", None, None, 0.0)
    assert contacts.due_ms is None
    assert list(contacts.events(1e9)) == []


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


@given(st.integers(1, 6), st.lists(st.floats(0.0, 3.0), min_size=40, max_size=40))
def test_as_many_turns_as_passages_whatever_bounces(turns: int, gaps: list[float]) -> None:
    rig = Rig()
    seen: list[Event] = []
    now_ms = 0.0
    gap = iter(gaps * 10)

    def move(closed: bool) -> None:
        nonlocal now_ms
        for level in (closed, not closed, closed, not closed, closed):
            now_ms += next(gap)
            seen.extend(rig.at(now_ms, passage=level))
        now_ms += 200
        seen.extend(rig.at(now_ms))

    for _ in range(turns):
        move(False)
        move(True)
    assert seen == [Turned(1)] * turns
