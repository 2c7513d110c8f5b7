"""The lane's table, as dialogues: who does what, and what the lane answers."""

from itertools import product

from gate_agent.effects import Release, Show, Sign
from gate_agent.events import (
    LaneEvent,
    Lost,
    Mode,
    Moved,
    Returned,
    Turned,
)
from gate_agent.lane.movement import TURN_MS
from gate_agent.lane.state import LaneState, Phase
from gate_agent.lane.table import RULES, TABLE
from gate_agent.validator.decide import Denied, HolderNeeded
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from tests.gate_agent.lane.talk import CODE, EVENTS, HANDHELD, OTHER, TICKET, Talk, granted

# --- the table ---------------------------------------------------------------------------------


def test_every_mode_phase_and_event_has_exactly_one_rule() -> None:
    pairs = [
        (mode, phase, kind)
        for modes, phases, kind, _ in RULES
        for mode, phase in product(modes, phases)
    ]
    assert sorted(map(str, pairs)) == sorted(map(str, product(Mode, Phase, EVENTS)))
    assert set(TABLE) == set(pairs)


def test_every_kind_of_event_is_in_the_table() -> None:
    assert set(EVENTS) == set(LaneEvent.__args__)


def test_every_action_says_what_it_does() -> None:
    assert all((action.__doc__ or "").strip() for *_, action in RULES)


# --- a grant -----------------------------------------------------------------------------------


def test_scan_turn() -> None:
    talk = Talk()
    talk.show(granted(reentry=True, provisional=True))
    assert talk.effects == [Release(), Show(Sign.GO, 1)]
    assert talk.state.deadline_ms == 6000
    talk.tell(Moved(2))
    assert talk.effects == []
    talk.tell(Turned(2))
    assert talk.effects == [Show(Sign.READY)]
    grant, taken = talk.rows
    assert grant == Passage(
        seq=1,
        kind=PassageKind.GRANTED,
        lane=2,
        direction=Direction.IN,
        wall_ms=1_795_000_001_000,
        mono_ms=1000,
        boot=9,
        clock=ClockState.TRUSTED,
        persons=1,
        ticket=TICKET.id,
        product=5,
        list_version=4,
        admits=3,
        group=8,
        reentry=True,
        provisional=True,
    )
    assert taken == grant._replace(seq=2, kind=PassageKind.TAKEN, grant=1)
    assert talk.state == LaneState(last_code=CODE, last_code_ms=1000)


def test_nobody_comes() -> None:
    talk = Talk()
    talk.show(granted(2))
    talk.later(4999)
    assert talk.kinds == ["granted"]
    talk.later(1)
    assert talk.kinds == ["granted", "not_taken"]
    assert (talk.rows[1].grant, talk.rows[1].persons) == (1, 2)
    assert talk.effects == [Show(Sign.READY)]


def test_each_of_three_gets_the_whole_time() -> None:
    talk = Talk()
    talk.show(granted(3))
    for left in (2, 1):
        talk.later(4999)
        talk.tell(Turned(2))
        assert talk.effects == [Release(), Show(Sign.GO, left)]
    # The arm waits from when it is home again, and so does the lane.
    talk.later(5000 + TURN_MS - 1)
    assert talk.kinds == ["granted", "taken", "taken"]
    talk.later(1)
    assert talk.kinds == ["granted", "taken", "taken", "not_taken"]
    assert [row.persons for row in talk.rows] == [3, 1, 1, 1]


def test_an_arm_in_mid_turn_gets_time_to_finish() -> None:
    talk = Talk()
    talk.show(granted())
    talk.tell(Moved(2))
    talk.later(5000)
    assert talk.kinds == ["granted"]
    assert talk.state.deadline_ms == 16_000
    talk.later(9999)
    talk.tell(Turned(2))
    assert talk.kinds == ["granted", "taken"]


def test_an_arm_that_never_finishes_is_unresolved() -> None:
    talk = Talk()
    talk.show(granted(2))
    talk.tell(Moved(2))
    talk.later(5000)
    talk.later(10_000)
    assert talk.kinds == ["granted", "unresolved"]
    assert talk.rows[1].persons == 2


def test_back_and_forth_within_the_time_is_nothing() -> None:
    talk = Talk()
    talk.show(granted())
    talk.tell(Moved(2))
    talk.tell(Returned(2))
    assert talk.kinds == ["granted"]
    talk.later(5000)
    assert talk.kinds == ["granted", "not_taken"]


def test_home_again_after_the_arm_has_locked_gives_back_at_once() -> None:
    talk = Talk()
    talk.show(granted())
    talk.tell(Moved(2))
    talk.later(5000)
    talk.later(1000)
    talk.tell(Returned(2))
    talk.later(0)
    assert talk.kinds == ["granted", "not_taken"]


def test_behind_a_slow_write_a_passage_comes_before_the_time_that_is_up() -> None:
    talk = Talk()
    talk.show(granted())
    talk.tell(Moved(2))
    talk.now_ms += 20_000  # everything below happened in time and waited
    talk.tell(Returned(2))
    talk.tell(Moved(2))
    talk.tell(Turned(2))
    assert talk.kinds == ["granted", "taken"]


def test_a_turn_into_a_power_cut_is_unresolved_at_once() -> None:
    talk = Talk()
    talk.show(granted(2))
    talk.tell(Moved(2))
    talk.tell(Lost(2))
    assert talk.kinds == ["granted", "unresolved"]
    assert talk.rows[1].persons == 2
    assert talk.state.phase is Phase.IDLE


def test_an_arm_that_was_pushed_into_a_power_cut_is_home_again() -> None:
    """The next visitor's time does not grow by an arm that moved before."""
    talk = Talk()
    talk.tell(Moved(2))
    talk.tell(Lost(2))
    assert not talk.state.moving
    assert talk.rows == []


def test_the_same_code_while_the_arm_is_open() -> None:
    talk = Talk()
    talk.show(granted(2))
    talk.later(2000)
    talk.show(Denied(Reason.PASSING, TICKET))
    assert talk.effects == [Show(Sign.PLEASE_PASS, 2)]
    assert talk.kinds == ["granted"]
    assert talk.state.deadline_ms == 6000


def test_another_visitors_code_while_the_arm_is_open() -> None:
    talk = Talk()
    talk.show(granted())
    grant = talk.state.grant
    talk.show(granted(), OTHER)
    assert talk.effects == [Show(Sign.PLEASE_PASS, 1)]
    assert talk.kinds == ["granted", "denied"]
    assert (talk.rows[1].reason, talk.rows[1].persons) == (Reason.BUSY, 1)
    assert talk.state.grant == grant


def test_a_handheld_takes_at_once() -> None:
    talk = Talk(HANDHELD)
    talk.show(granted(3))
    assert talk.kinds == ["granted", "taken"]
    assert [row.persons for row in talk.rows] == [3, 3]
    assert talk.rows[1].grant == 1
    assert talk.effects == [Show(Sign.GO, 3)]
    assert talk.state.phase is Phase.IDLE
    talk.later(3999)
    assert talk.effects == [Show(Sign.GO, 3)]
    talk.later(1)
    assert talk.effects == [Show(Sign.READY)]
    assert talk.state.deadline_ms is None


def test_a_handheld_is_ready_again_after_a_refusal() -> None:
    talk = Talk(HANDHELD)
    talk.show(granted())
    talk.later(1000)
    talk.show(Denied(Reason.USED, TICKET), OTHER)
    talk.later(4000)
    assert talk.effects == [Show(Sign.READY)]
    assert talk.kinds == ["granted", "taken", "denied"]


def test_what_is_shown_says_what_it_is_about() -> None:
    """For staff; to the visitor it makes no difference."""
    talk = Talk()
    talk.show(granted(2, reentry=True))
    (_, go) = talk.effects
    assert isinstance(go, Show)
    assert (go.ticket, go.reentry) == (TICKET, True)
    talk.show(granted(2))
    (again,) = talk.effects
    assert isinstance(again, Show)
    assert (again.sign, again.ticket) == (Sign.PLEASE_PASS, TICKET)
    talk = Talk(HANDHELD)
    for decision in (Denied(Reason.USED, TICKET), HolderNeeded(TICKET)):
        talk.show(decision)
        (shown,) = talk.effects
        assert isinstance(shown, Show)
        assert shown.ticket is TICKET


# --- refusals and holders ----------------------------------------------------------------------


def test_a_believed_ticket_is_named_in_the_refusal() -> None:
    talk = Talk()
    talk.show(Denied(Reason.VOID, TICKET))
    (row,) = talk.rows
    assert (row.ticket, row.product, row.group, row.code) == (TICKET.id, 5, 8, None)
    assert talk.effects == [Show(Sign.REFUSED, reason=Reason.VOID)]


def test_an_alien_code_is_named_by_its_digest() -> None:
    talk = Talk()
    talk.show(Denied(Reason.ALIEN))
    (row,) = talk.rows
    assert (row.ticket, row.code, row.reason) == (None, CODE, Reason.ALIEN)


def test_the_holder_has_fifteen_seconds() -> None:
    talk = Talk()
    talk.show(HolderNeeded(TICKET))
    assert talk.effects == [Show(Sign.SHOW_ID)]
    assert talk.rows == []
    talk.later(14_999)
    assert talk.rows == []
    talk.later(1)
    assert talk.kinds == ["denied"]
    assert (talk.rows[0].reason, talk.rows[0].ticket) == (Reason.HOLDER_TIMEOUT, TICKET.id)
    assert talk.state.phase is Phase.IDLE
    assert talk.state.holder is None


def test_the_holder_shows_the_document() -> None:
    talk = Talk()
    talk.show(HolderNeeded(TICKET))
    talk.show(granted())
    assert talk.kinds == ["granted"]
    assert talk.state.holder is None
    assert talk.state.phase is Phase.RELEASED


def test_another_visitor_steps_in_during_the_document_check() -> None:
    talk = Talk()
    talk.show(HolderNeeded(TICKET))
    talk.show(Denied(Reason.USED, TICKET), OTHER)
    assert talk.kinds == ["denied"]
    assert talk.state.phase is Phase.IDLE
