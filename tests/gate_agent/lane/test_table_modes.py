"""The lane's table, as dialogues: changes of the mode, and what happens in each."""

from dataclasses import replace

import pytest

from gate_agent.effects import Release, Show, Sign
from gate_agent.events import (
    Expired,
    Mode,
    ModeSource,
    Moved,
    Returned,
    Turned,
)
from gate_agent.lane.modes import mode_of
from gate_agent.lane.state import LaneState, Phase
from gate_agent.lane.timing import is_repeat, postponed
from gate_agent.validator.decide import HolderNeeded
from gate_agent.validator.moment import ClockState, Moment
from gate_agent.validator.reasons import Reason
from tests.gate_agent.lane.talk import CODE, HANDHELD, OTHER, TICKET, TRIPOD, Talk, granted


def test_a_closed_lane_refuses_a_good_ticket() -> None:
    talk = Talk()
    talk.mode(Mode.CLOSED)
    talk.show(granted())
    assert talk.kinds == ["mode", "denied"]
    assert talk.rows[1].reason == Reason.CLOSED
    assert talk.effects == [Show(Sign.REFUSED, reason=Reason.CLOSED)]


@pytest.mark.parametrize("mode", [Mode.FREE, Mode.EMERGENCY])
def test_no_ticket_is_used_while_the_way_is_free(mode: Mode) -> None:
    talk = Talk()
    talk.mode(mode)
    talk.show(granted())
    assert talk.kinds == ["mode"]
    talk.tell(Turned(2))
    assert talk.kinds == ["mode", "free"]
    assert talk.rows[1].detail == mode.value


@pytest.mark.parametrize("mode", [Mode.CONTROLLED, Mode.CLOSED])
def test_a_turn_without_a_grant_is_forced(mode: Mode) -> None:
    talk = Talk()
    talk.state = replace(talk.state, mode=mode)
    talk.tell(Moved(2))
    talk.tell(Turned(2))
    assert talk.kinds == ["forced"]
    assert talk.effects == [Show(Sign.ALARM)]
    assert not talk.state.moving


def test_forced_during_a_document_check_leaves_the_check_open() -> None:
    talk = Talk()
    talk.show(HolderNeeded(TICKET))
    talk.tell(Turned(2))
    assert talk.kinds == ["forced"]
    assert talk.state.phase is Phase.HOLDER_CHECK


def test_free_is_one_pulse_after_another() -> None:
    talk = Talk()
    talk.mode(Mode.FREE)
    assert talk.effects == [Release(), Show(Sign.FREE)]
    talk.later(5000)
    assert talk.effects == [Release(), Show(Sign.FREE)]
    talk.tell(Turned(2))
    assert talk.effects == [Release(), Show(Sign.FREE)]


@pytest.mark.parametrize("mode", [Mode.CONTROLLED, Mode.CLOSED])
def test_the_last_free_pulse_lets_one_through_after_the_mode_has_changed(mode: Mode) -> None:
    talk = Talk()
    talk.mode(Mode.FREE)
    talk.mode(mode)
    talk.later(6999)
    talk.tell(Turned(2))
    talk.tell(Turned(2))
    assert talk.kinds == ["mode", "mode", "free", "forced"]


def test_nobody_came_on_the_last_free_pulse() -> None:
    talk = Talk()
    talk.mode(Mode.FREE)
    talk.mode(Mode.CONTROLLED)
    talk.later(7000)
    talk.tell(Turned(2))
    assert talk.kinds == ["mode", "mode", "forced"]


def test_in_an_emergency_the_arm_is_freed_by_wire_not_by_us() -> None:
    talk = Talk()
    talk.mode(Mode.EMERGENCY)
    assert talk.effects == [Show(Sign.EVACUATE)]
    assert talk.state.deadline_ms is None


def test_a_handheld_in_free_mode_has_no_arm_to_release() -> None:
    talk = Talk(HANDHELD)
    talk.mode(Mode.FREE)
    assert talk.effects == [Show(Sign.FREE)]


def test_the_same_mode_again_is_nothing() -> None:
    talk = Talk()
    talk.mode(Mode.CONTROLLED)
    talk.show(granted())
    talk.mode(Mode.CONTROLLED)
    assert talk.kinds == ["granted"]


@pytest.mark.parametrize("mode", [Mode.CLOSED, Mode.FREE, Mode.EMERGENCY])
def test_a_change_of_mode_never_cuts_a_grant_short(mode: Mode) -> None:
    talk = Talk()
    talk.show(granted(2))
    talk.mode(mode)
    talk.tell(Turned(2))
    talk.tell(Turned(2))
    assert talk.kinds == ["granted", "mode", "taken", "taken"]
    resting = {
        Mode.CLOSED: [Show(Sign.CLOSED)],
        Mode.FREE: [Release(), Show(Sign.FREE)],
        Mode.EMERGENCY: [Show(Sign.EVACUATE)],
    }
    assert talk.effects == resting[mode]


def test_a_change_of_mode_ends_a_document_check() -> None:
    talk = Talk()
    talk.show(HolderNeeded(TICKET))
    talk.mode(Mode.CLOSED)
    assert (talk.state.phase, talk.state.holder, talk.state.deadline_ms) == (Phase.IDLE, None, None)


def test_a_deadline_nobody_waits_for_is_nothing() -> None:
    talk = Talk()
    talk.tell(Expired())
    talk.tell(Returned(2))
    assert talk.kinds == []
    assert talk.state == LaneState()


def test_released_without_a_grant_is_a_broken_invariant() -> None:
    talk = Talk()
    talk.state = LaneState(phase=Phase.RELEASED)
    with pytest.raises(AssertionError, match="RELEASED without a grant"):
        talk.tell(Turned(2))


def test_fire_beats_the_key_switch_beats_the_default() -> None:
    both = {ModeSource.KEY_SWITCH: Mode.CLOSED, ModeSource.FIRE: Mode.EMERGENCY}
    assert mode_of(both) is Mode.EMERGENCY
    assert mode_of({ModeSource.KEY_SWITCH: Mode.FREE}) is Mode.FREE
    assert mode_of({}) is Mode.CONTROLLED


def test_a_repeat_is_the_same_code_within_a_second_and_a_half() -> None:
    state = LaneState(last_code=CODE, last_code_ms=1000)
    for code, ms, repeat in ((CODE, 2499, True), (CODE, 2500, False), (OTHER, 1001, False)):
        now = Moment(0, ms, 1, ClockState.UNKNOWN, 0)
        assert is_repeat(TRIPOD, state, code, now) is repeat


def test_what_is_recorded_late_is_acted_on_later() -> None:
    talk = Talk()
    before = talk.state
    assert postponed(before, before, 9000) is before
    talk.show(granted(2))
    released = postponed(talk.state, before, 9000)
    assert released.deadline_ms == (talk.state.deadline_ms or 0) + 9000
    assert released.grant is not None
    assert released.grant.until_ms == released.deadline_ms
    assert postponed(released, released, 9000) is released
    free = replace(before, mode=Mode.FREE, deadline_ms=5000, free_until_ms=7000)
    late = postponed(free, before, 100)
    assert (late.deadline_ms, late.free_until_ms, late.grant) == (5100, 7100, None)
