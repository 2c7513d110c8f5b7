"""Who went through, told from wiggles, flutter and power cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.drivers.arms.passage_sensor import DARK_MS, LOOK_BACK_MS, STUCK_MS, PassageSensor
from gate_agent.drivers.pins.contacts import SETTLE_MS, Contact
from gate_agent.events import Event, Lost, Moved, Returned, Turned
from tests.gate_agent.drivers.arms.passages import miscounted, play

RIPE_MS = SETTLE_MS + LOOK_BACK_MS
NAMES = ("passage", "home", "ready")


class Rig:
    """Contacts by name, closed at rest; `at` moves them and collects what is known by then."""

    def __init__(self, wired: tuple[str, ...] = NAMES, **closed: bool) -> None:
        self.parts = {name: Contact(closed.get(name, True)) for name in wired}
        passage, home, ready = (self.parts.get(name) for name in NAMES)
        self.contacts = PassageSensor(1, passage, home, ready, 0.0)

    def at(self, now_ms: float, **moves: bool) -> list[Event]:
        for name, closed in moves.items():
            self.parts[name].seen(closed, now_ms)
        return list(self.contacts.events(now_ms))

    def fault(self, now_ms: float) -> str | None:
        list(self.contacts.events(now_ms))
        return self.contacts.fault(now_ms)[0]


def test_a_passage_is_one_turn() -> None:
    rig = Rig()
    assert rig.at(0, home=False) == []
    assert rig.contacts.due_ms == SETTLE_MS
    assert rig.at(RIPE_MS) == [Moved(1)]
    assert rig.at(400, passage=False) == []
    assert rig.at(400 + RIPE_MS) == [Turned(1)]
    assert rig.at(800, passage=True, home=True) == []
    assert rig.at(800 + RIPE_MS) == []
    assert rig.contacts.due_ms is None


def test_a_wiggle_is_no_turn() -> None:
    rig = Rig()
    rig.at(0, home=False)
    assert rig.at(200, home=True) == [Moved(1)]
    assert rig.at(200 + RIPE_MS) == [Returned(1)]


def test_a_late_look_loses_nothing_and_keeps_the_order() -> None:
    rig = Rig()
    rig.parts["home"].seen(False, 0)
    rig.parts["home"].seen(True, 300)
    rig.parts["home"].seen(False, 600)
    rig.parts["passage"].seen(False, 1000)
    rig.parts["passage"].seen(True, 1400)
    rig.parts["home"].seen(True, 1400)
    assert rig.at(5000) == [Moved(1), Returned(1), Moved(1), Turned(1)]


def test_flutter_at_the_passage_contact_is_one_turn() -> None:
    """Somebody leans in the arm just where the contact opens."""
    rig = Rig()
    seen = rig.at(0, home=False)
    for at_ms in range(400, 1600, 200):
        seen += rig.at(at_ms, passage=False) + rig.at(at_ms + 100, passage=True)
    seen += rig.at(2000, home=True) + rig.at(3000)
    assert seen == [Moved(1), Turned(1)]


def test_flutter_of_the_passage_contact_behind_an_arm_that_is_home_is_nobody() -> None:
    rig = Rig()
    seen = rig.at(0, home=False) + rig.at(400, passage=False)
    seen += rig.at(800, passage=True) + rig.at(820, home=True)
    seen += rig.at(850, passage=False) + rig.at(880, passage=True) + rig.at(2000)
    assert seen == [Moved(1), Turned(1)]


def test_without_a_home_contact_the_passage_rearms_when_it_has_been_closed() -> None:
    rig = Rig(("passage",))
    turns = []
    for start in (0, 1000):
        turns += rig.at(start, passage=False) + rig.at(start + 100)
        turns += rig.at(start + 500, passage=True) + rig.at(start + 600)
    assert turns == [Turned(1), Turned(1)]


@pytest.mark.parametrize("lag_ms", [-15.0, 0.0, 15.0])
def test_a_power_cut_is_no_passage(lag_ms: float) -> None:
    """Whichever of the board's relays falls off first."""
    rig = Rig()
    edges = sorted([(100.0, "passage"), (100.0 + lag_ms, "ready"), (103.0, "home")])
    for at_ms, name in edges:
        assert rig.at(at_ms, **{name: False}) == []
    assert rig.at(1000) == []
    assert rig.fault(100 + DARK_MS + RIPE_MS) == "no power at the turnstile, or a broken wire"
    assert rig.at(5000, ready=True, passage=True, home=True) == []
    assert rig.at(6000) == []
    assert rig.fault(6000) is None


def test_a_dip_that_only_the_passage_contact_has_settled_in_is_none_either() -> None:
    rig = Rig()
    assert rig.at(100, passage=False, ready=False) == []
    assert rig.at(110, ready=True) == []
    assert rig.at(125, passage=True) == []
    assert rig.at(1000) == []
    assert rig.contacts.due_ms is None


def test_without_ready_two_contacts_in_one_instant_are_a_power_cut() -> None:
    rig = Rig(("passage", "home"))
    rig.at(100, passage=False)
    rig.at(110, home=False)
    assert rig.at(2000) == []
    assert rig.fault(2000) == "no power at the turnstile, or a broken wire"
    rig.at(3000, passage=True, home=True)
    assert rig.at(4000) == []
    assert rig.fault(4000) is None


def test_a_turn_that_the_power_comes_back_to_is_counted() -> None:
    rig = Rig()
    rig.at(0, home=False)
    assert rig.at(200, ready=False, passage=False) == [Moved(1)]
    assert rig.at(600, ready=True) == []
    assert rig.at(1000) == [Turned(1)]
    rig.at(1100, passage=True, home=True)
    assert rig.at(1300) == []


def test_a_turn_that_was_counted_before_the_cut_is_not_counted_again() -> None:
    rig = Rig()
    rig.at(0, home=False)
    rig.at(300, passage=False)
    assert Turned(1) in rig.at(450)
    rig.at(500, ready=False)
    rig.at(700, ready=True)
    assert rig.at(1000) == []
    rig.at(1100, passage=True, home=True)
    assert rig.at(1300) == []


def test_a_turn_into_the_dark_is_lost() -> None:
    rig = Rig()
    rig.at(0, home=False)
    rig.at(200, ready=False, passage=False)
    rig.at(900, ready=True, passage=True, home=True)
    assert rig.at(2000) == [Lost(1)]


def test_an_arm_that_set_out_in_the_dark_is_told_when_there_is_light() -> None:
    rig = Rig(ready=False, passage=False, home=False)
    assert rig.fault(0) == "no power at the turnstile, or a broken wire"
    rig.at(900, ready=True, passage=True)
    assert rig.at(2000) == [Moved(1)]


def test_an_arm_that_is_not_home_is_a_fault_until_it_is() -> None:
    rig = Rig()
    rig.at(0, home=False)
    assert rig.fault(STUCK_MS - 1) is None
    assert rig.contacts.fault(STUCK_MS - 1)[1] == STUCK_MS
    assert rig.fault(STUCK_MS) == "the arm is not home: held open, broken, or its wire is"
    rig.at(20_000, home=True)
    assert rig.fault(20_000 + RIPE_MS) is None


def test_a_passage_contact_that_stays_open_is_one_passage_and_a_fault() -> None:
    rig = Rig(("passage",))
    rig.at(0, passage=False)
    assert rig.at(RIPE_MS) == [Turned(1)]
    assert (rig.fault(STUCK_MS) or "").startswith("the passage contact stays open")
    rig.at(70_000, passage=True)
    assert rig.fault(70_000 + RIPE_MS) is None


def test_what_is_open_from_the_start_is_no_passage_and_a_fault_until_it_closes() -> None:
    rig = Rig(("passage",), passage=False)
    assert rig.at(1000) == []
    assert rig.fault(1000) is not None
    rig.at(2000, passage=True)
    assert rig.fault(3000) is None


def test_contacts_that_are_not_wired() -> None:
    contacts = PassageSensor(1, None, None, None, 0.0)
    assert contacts.due_ms is None
    assert list(contacts.events(1e9)) == []
    assert contacts.fault(1e9) == (None, None)


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.booleans(), st.floats(0.0, 400.0)), max_size=60)
)
def test_any_edges_end_in_silence_once_all_is_at_rest(
    edges: list[tuple[str, bool, float]],
) -> None:
    """Whatever the wires did: at rest nothing is due, nothing is broken, nobody is on the way."""
    rig = Rig()
    now_ms, seen = 0.0, []
    for name, closed, wait_ms in edges:
        now_ms += wait_ms
        seen += rig.at(now_ms, **{name: closed})
    for name in NAMES:
        seen += rig.at(now_ms, **{name: True})
    seen += rig.at(now_ms + 10_000)
    assert rig.contacts.due_ms is None
    assert rig.contacts.fault(now_ms + 10_000) == (None, None)
    turns = seen.count(Turned(1))
    openings = sum(name == "passage" and not closed for name, closed, _ in edges)
    assert turns <= openings + 1


def test_scripted_visitors_are_counted_as_the_mechanics_turned() -> None:
    """The bench plays 100,000 of them."""
    assert [found for seed in range(1500) if (found := miscounted(play(seed)))] == []


@pytest.mark.parametrize(("home", "ready"), [(True, False), (False, True), (False, False)])
def test_with_fewer_wires_all_is_counted_while_the_power_stays_on(home: bool, ready: bool) -> None:
    visits = (play(seed, home=home, ready=ready, dips=False) for seed in range(200))
    wrong = [found for visit in visits if (found := miscounted(visit))]
    assert wrong == []
