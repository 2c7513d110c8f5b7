"""The mechanics: tests read as what is done, and what happens."""

from hypothesis import given
from hypothesis import strategies as st

from hardware_sim.devices.turnstile import due_ms, step
from hardware_sim.devices.turnstile_state import (
    COUNTER_SIZE,
    MOST_STORED,
    Cause,
    Happened,
    Mechanics,
    Power,
    Push,
    RelayState,
    ResetCounter,
    Tick,
    Turnstile,
    What,
)

PASSAGE = [What.MOVED, What.PASSAGE_OPENED]
THROUGH = [What.PASSAGE_CLOSED, What.RETURNED]


class Rig:
    """A turnstile in virtual time."""

    def __init__(self, mechanics: Mechanics | None = None) -> None:
        self.state = Turnstile(mechanics or Mechanics())
        self.log: list[Happened] = []

    def at(self, now_ms: float, cause: Cause | None = None) -> list[What]:
        """What has happened since the last call, up to and with `cause`."""
        self.state, happened = step(self.state, cause or Tick(), now_ms)
        self.log += happened
        return [one.what for one in happened]

    def pulse(self, now_ms: float, ms: float = 300) -> list[What]:
        return self.at(now_ms, RelayState(True)) + self.at(now_ms + ms, RelayState(False))


def test_a_pulse_a_push_a_passage() -> None:
    rig = Rig()
    assert rig.pulse(0) == [What.UNLOCKED]
    assert rig.at(1000, Push()) == []
    done = rig.at(5000)
    assert done[:2] == PASSAGE
    assert sorted(done[2:]) == sorted([What.TURNED, What.LOCKED, *THROUGH])
    assert (rig.state.turns, rig.state.forced, rig.state.counter) == (1, 0, 1)
    assert not rig.state.unlocked
    assert due_ms(rig.state) is None


def test_a_pulse_whose_edges_are_both_heard_late_is_none_the_shorter() -> None:
    rig = Rig()
    rig.at(1000)
    assert rig.pulse(500) == [What.UNLOCKED]


def test_contacts_move_at_their_angles() -> None:
    rig = Rig(Mechanics(turn_ms=1200))
    rig.pulse(0)
    rig.at(1000, Push())
    rig.at(10_000)
    times = {one.what: one.at_ms for one in rig.log}
    assert times[What.MOVED] == 1080
    assert times[What.PASSAGE_OPENED] == 1600
    assert times[What.PASSAGE_CLOSED] == times[What.TURNED] == 2200


def test_a_locked_arm_blocks() -> None:
    rig = Rig()
    assert rig.at(0, Push()) == [What.BLOCKED]
    assert rig.state.turns == 0


def test_a_forced_turn() -> None:
    rig = Rig()
    rig.at(0, Push(force=True))
    done = rig.at(5000)
    assert What.FORCED in done
    assert What.TURNED not in done
    assert (rig.state.turns, rig.state.forced) == (1, 1)


def test_a_short_pulse_is_overheard() -> None:
    rig = Rig()
    assert rig.pulse(0, ms=99) == []
    assert rig.pulse(1000, ms=100) == [What.UNLOCKED]


def test_nobody_comes() -> None:
    rig = Rig()
    rig.pulse(0)
    assert rig.at(5099) == []
    assert rig.at(5100) == [What.LOCKED]
    assert rig.at(6000, Push()) == [What.BLOCKED]


def test_a_wiggle_then_through() -> None:
    rig = Rig()
    rig.pulse(0)
    rig.at(1000, Push(wiggle_deg=30))
    assert rig.at(9000)[:5] == [
        What.MOVED, What.RETURNED, What.BACKED_OUT, *PASSAGE
    ]  # fmt: skip
    assert rig.state.turns == 1


def test_backing_out_after_the_time_is_over_locks() -> None:
    rig = Rig()
    rig.pulse(0)
    rig.at(5000, Push(wiggle_deg=34))
    done = rig.at(9000)
    assert done == [What.MOVED, What.RETURNED, What.BACKED_OUT, What.LOCKED, What.BLOCKED]


def test_a_turn_begun_in_time_is_finished() -> None:
    rig = Rig()
    rig.pulse(0)
    rig.at(5050, Push())
    assert What.TURNED in rig.at(9000)


def test_a_team_goes_by_pulse_and_passage() -> None:
    rig = Rig()
    rig.pulse(0)
    rig.at(1000, Push())
    rig.pulse(1500)  # the passage contact has opened; the arm is not home yet
    rig.at(1900)
    assert rig.state.unlocked
    rig.at(2500, Push())
    rig.at(5000)
    assert (rig.state.turns, rig.state.forced) == (2, 0)
    assert not rig.state.unlocked


def test_a_board_stores_few_pulses() -> None:
    rig = Rig(Mechanics(turn_ms=5000))
    rig.pulse(0)
    rig.at(1000, Push())
    for number in range(6):
        rig.pulse(1500 + 400 * number)
    assert rig.state.stored == MOST_STORED


def test_a_contact_held_for_long_is_permanently_open() -> None:
    rig = Rig()
    rig.at(0, RelayState(True))
    for person in range(3):
        rig.at(10_000 + 2000 * person, Push())
    rig.at(20_000)
    assert (rig.state.turns, rig.state.forced) == (3, 0)
    rig.at(20_000, RelayState(False))
    assert rig.at(21_000, Push()) == [What.BLOCKED]


def test_a_power_cut_opens_all_contacts_and_is_no_turn() -> None:
    rig = Rig()
    assert sorted(rig.at(0, Power(False))) == sorted([*PASSAGE, What.READY_OPENED])
    assert rig.at(100, Push()) == [What.BLOCKED]
    assert rig.pulse(200) == []
    assert sorted(rig.at(1000, Power(True))) == sorted([*THROUGH, What.READY_CLOSED])
    assert rig.state.turns == 0


def test_fail_safe_turns_freely_without_power_and_its_board_does_not_count() -> None:
    rig = Rig(Mechanics(fail_safe=True))
    rig.at(0, Power(False))
    rig.at(100, Push())
    rig.at(2000)
    assert (rig.state.turns, rig.state.forced, rig.state.counter) == (1, 0, 0)


def test_the_boards_counter_wraps_and_is_reset() -> None:
    rig = Rig()
    for counter, after in ((COUNTER_SIZE - 1, 0), (41, 42)):
        rig.state = rig.state._replace(counter=counter)
        rig.at(rig.state.now_ms, Push(force=True))
        rig.at(rig.state.now_ms + 2000)
        assert rig.state.counter == after
    rig.at(rig.state.now_ms, ResetCounter())
    assert rig.state.counter == 0
    assert rig.state.turns == 2


_CAUSES = st.one_of(
    st.builds(RelayState, st.booleans()),
    st.builds(Push, st.booleans(), st.sampled_from([0.0, 5.0, 20.0, 34.9]), st.booleans()),
    st.builds(Power, st.booleans()),
    st.just(ResetCounter()),
    st.just(Tick()),
)
_STORY = st.lists(st.tuples(st.floats(0, 3000), _CAUSES), max_size=40)


@given(_STORY, st.booleans())
def test_whatever_is_done_the_log_adds_up(
    story: list[tuple[float, Cause]], fail_safe: bool
) -> None:
    rig = Rig(Mechanics(fail_safe=fail_safe))
    now_ms = 0.0
    for wait_ms, cause in story:
        now_ms += wait_ms
        rig.at(now_ms, cause)
    rig.at(now_ms + 60_000, Power(True))
    rig.at(now_ms + 120_000, RelayState(False))
    state, whats = rig.state, [one.what for one in rig.log]
    assert [one.at_ms for one in rig.log] == sorted(one.at_ms for one in rig.log)
    assert whats.count(What.TURNED) == state.turns - state.forced
    assert whats.count(What.FORCED) == state.forced
    assert whats.count(What.MOVED) == whats.count(What.RETURNED)
    assert whats.count(What.PASSAGE_OPENED) == whats.count(What.PASSAGE_CLOSED)
    assert state.home_closed
    assert state.passage_closed
    assert not state.legs


@given(_STORY, st.floats(1, 500))
def test_looking_more_often_changes_nothing(
    story: list[tuple[float, Cause]], every_ms: float
) -> None:
    seldom, often = Rig(), Rig()
    now_ms = 0.0
    for wait_ms, cause in story:
        look_ms = now_ms
        while (look_ms := look_ms + every_ms) < now_ms + wait_ms:
            often.at(look_ms)
        now_ms += wait_ms
        seldom.at(now_ms, cause)
        often.at(now_ms, cause)
    assert often.log == seldom.log
    assert often.state == seldom.state
