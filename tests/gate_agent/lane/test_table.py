"""The lane's table, as dialogues: who does what, and what the lane answers."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from gate_agent.effects import Release, Show, Sign
from gate_agent.events import (
    Answered,
    DocumentAwaited,
    Expired,
    JudgedAgain,
    LaneEvent,
    Lost,
    Mode,
    ModeSet,
    ModeSource,
    Moved,
    Overridden,
    PersonsChosen,
    Presented,
    Returned,
    Turned,
)
from gate_agent.lane.modes import mode_of
from gate_agent.lane.movement import TURN_MS
from gate_agent.lane.override import MOST_WITHOUT_TICKET, STEWARD_MAY
from gate_agent.lane.state import Lane, LaneState, Phase, Step, StepContext
from gate_agent.lane.table import RULES, TABLE, handle
from gate_agent.lane.timing import is_repeat, postponed
from gate_agent.validator.decide import Decision, Denied, Granted, HolderNeeded
from gate_agent.validator.moment import ClockState, Moment
from gate_agent.validator.passage import Direction, Passage, PassageKind, decode, encode
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.manual_code import unseen
from gate_agent.validator.tickets.ticket import Ticket

TICKET = Ticket(
    key_id=b"\1\2\3\4",
    serial=7,
    issued_at=1000,
    not_before=960,
    expires_at=4560,
    product=5,
    admits=3,
    group=8,
)
CODE, OTHER = b"12345678", b"abcdefgh"
TRIPOD = Lane(2, Direction.IN, has_arm=True)
HANDHELD = Lane(3, Direction.IN, has_arm=False)
EVENTS: tuple[type[LaneEvent], ...] = (
    Presented, JudgedAgain, Answered, Overridden, DocumentAwaited, PersonsChosen, Moved, Turned,
    Returned, Lost, Expired, ModeSet,
)  # fmt: skip


class Talk:
    """A lane, spoken to in order. Remembers the records; `effects` are those of the last event."""

    def __init__(self, lane: Lane = TRIPOD) -> None:
        self.lane = lane
        self.state = LaneState()
        self.now_ms = 1000
        self.rows: list[Passage] = []
        self.effects: list[object] = []

    def tell(self, event: LaneEvent) -> Step:
        now = Moment(1_795_000_000_000 + self.now_ms, self.now_ms, 9, ClockState.TRUSTED, 0)
        step = handle(self.lane, self.state, event, StepContext(now, len(self.rows) + 1, 4))
        for row in step.rows:
            assert decode(encode(row)) == row
        self.rows += step.rows
        self.state, self.effects = step.state, list(step.effects)
        return step

    def show(self, decision: Decision, code: bytes = CODE) -> None:
        self.tell(Presented(decision, code))

    def mode(self, mode: Mode) -> None:
        self.tell(ModeSet(mode))

    def later(self, ms: int) -> None:
        """Time passes, and the deadline with it if it falls due."""
        self.now_ms += ms
        if self.state.deadline_ms is not None and self.now_ms >= self.state.deadline_ms:
            self.tell(Expired())

    @property
    def kinds(self) -> list[str]:
        return [row.kind.key for row in self.rows]


def granted(persons: int = 1, **fields: Any) -> Granted:
    return Granted(ticket=TICKET, persons=persons, **fields)


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


# --- modes -------------------------------------------------------------------------------------


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


# --- staff -------------------------------------------------------------------------------------


def allowed(record: int, persons: int = 1, *, supervisor: bool = True) -> Overridden:
    return Overridden(3, record, persons, "zhang", "checked", supervisor)


def test_staff_let_somebody_in_against_a_refusal() -> None:
    talk = Talk(HANDHELD)
    talk.show(Denied(Reason.USED, TICKET))
    (refused,) = talk.effects
    assert isinstance(refused, Show)
    assert refused.record == 1
    talk.tell(allowed(1, persons=2))
    assert talk.kinds == ["denied", "granted", "taken"]
    granted_row, taken = talk.rows[1:]
    for row in (granted_row, taken):
        assert (row.reason, row.detail, row.persons) == (Reason.USED, "zhang: checked", 2)
        assert (row.ticket, row.product) == (TICKET.id, TICKET.product)
    assert taken.grant == granted_row.seq
    assert talk.effects == [Show(Sign.GO, 2)]
    talk.tell(allowed(1))
    assert len(talk.rows) == 3, "once"


def test_an_arm_is_released_and_the_reason_stays_to_the_end() -> None:
    talk = Talk()
    talk.show(Denied(Reason.EXPIRED, TICKET))
    talk.tell(allowed(1))
    assert talk.effects == [Release(), Show(Sign.GO, 1)]
    assert talk.state.phase is Phase.RELEASED
    talk.tell(allowed(1))
    assert len(talk.rows) == 2
    talk.later(5000)
    assert talk.kinds == ["denied", "granted", "not_taken"]
    assert talk.rows[2].reason == Reason.EXPIRED


def test_somebody_without_any_ticket() -> None:
    talk = Talk(HANDHELD)
    talk.show(Denied(Reason.ALIEN))
    talk.tell(allowed(1, persons=999))
    taken = talk.rows[-1]
    assert (taken.ticket, taken.product, taken.code) == (None, None, CODE)
    assert (taken.kind, taken.persons) == (PassageKind.TAKEN, MOST_WITHOUT_TICKET)


def test_no_more_persons_than_the_ticket_admits() -> None:
    talk = Talk(HANDHELD)
    talk.show(Denied(Reason.USED, TICKET))
    talk.tell(allowed(1, persons=9))
    assert talk.rows[-1].persons == TICKET.admits == 3


def test_a_typed_number_names_no_product() -> None:
    talk = Talk(HANDHELD)
    talk.show(Denied(Reason.TYPED, unseen(TICKET.key_id, 7, 0)))
    talk.tell(allowed(1, supervisor=False))
    assert talk.kinds == ["denied", "granted", "taken"]
    assert [row.product for row in talk.rows] == [None] * 3
    assert {row.ticket for row in talk.rows} == {TICKET.id}


@pytest.mark.parametrize("reason", Reason)
def test_what_a_steward_may_override(reason: Reason) -> None:
    talk = Talk(HANDHELD)
    talk.show(Denied(reason, TICKET))
    talk.tell(allowed(1, supervisor=False))
    assert (talk.kinds == ["denied"]) is (reason not in STEWARD_MAY)


def test_only_the_refusal_that_staff_saw_and_only_for_a_minute() -> None:
    talk = Talk(HANDHELD)
    talk.tell(allowed(1))
    talk.show(Denied(Reason.VOID, TICKET))
    talk.show(Denied(Reason.ALIEN), OTHER)
    talk.tell(allowed(1))
    talk.later(60_001)
    talk.tell(allowed(2))
    assert talk.kinds == ["denied", "denied"]
    talk.show(Denied(Reason.VOID, TICKET))
    talk.show(granted())
    talk.tell(allowed(3))
    assert talk.kinds == ["denied", "denied", "denied", "granted", "taken"]


def test_in_a_closed_lane_yes_in_a_free_one_there_is_nothing_to_override() -> None:
    talk = Talk(HANDHELD)
    talk.mode(Mode.CLOSED)
    talk.show(granted())
    talk.tell(allowed(2))
    assert talk.kinds == ["mode", "denied", "granted", "taken"]
    talk.show(granted())
    talk.mode(Mode.FREE)
    talk.tell(allowed(5))
    assert talk.kinds[-2:] == ["denied", "mode"]


def test_a_mode_that_staff_asked_for_names_them() -> None:
    talk = Talk()
    talk.tell(ModeSet(Mode.FREE, "zhang"))
    assert talk.rows[-1].detail == "free zhang"
    talk.show(granted())
    talk.mode(Mode.CONTROLLED)
    talk.show(granted())
    talk.tell(ModeSet(Mode.CLOSED, "li"))
    assert talk.rows[-1].detail == "closed li"


# --- a team at a handheld, and a document that is being typed -------------------------------------

ASKING = replace(HANDHELD, asks_persons=True)


def chosen(record: int, persons: int, *, done: bool = False) -> PersonsChosen:
    return PersonsChosen(3, record, persons, done)


def test_staff_let_a_part_of_a_team_in_and_the_rest_stays_on_the_ticket() -> None:
    talk = Talk(ASKING)
    talk.show(granted(3))
    assert talk.effects == [Show(Sign.GO, 3)]
    talk.tell(chosen(1, 2))
    assert talk.kinds == ["granted"]
    talk.tell(chosen(1, 2, done=True))
    assert talk.kinds == ["granted", "taken", "not_taken"]
    assert [row.persons for row in talk.rows] == [3, 2, 1]
    assert [row.grant for row in talk.rows[1:]] == [1, 1]
    assert talk.effects == [Show(Sign.GO, 2)]
    talk.later(4000)
    assert talk.effects == [Show(Sign.READY)]


def test_the_number_on_the_screen_counts_when_the_time_is_up() -> None:
    talk = Talk(ASKING)
    talk.show(granted(3))
    talk.later(29_000)
    talk.tell(chosen(1, 1))
    talk.later(29_000)
    assert talk.kinds == ["granted"]
    talk.later(1000)
    assert [(row.kind.key, row.persons) for row in talk.rows[1:]] == [
        ("taken", 1),
        ("not_taken", 2),
    ]
    assert talk.state.phase is Phase.IDLE
    assert talk.effects == [Show(Sign.READY)]


def test_the_next_ticket_says_that_the_team_before_is_in() -> None:
    talk = Talk(ASKING)
    talk.show(granted(3))
    talk.show(granted(3))
    assert talk.kinds == ["granted"]
    talk.show(granted(), OTHER)
    assert talk.kinds == ["granted", "taken", "granted", "taken"]
    assert [row.seq for row in talk.rows] == [1, 2, 3, 4]
    talk.show(granted(3))
    talk.mode(Mode.CLOSED)
    talk.show(granted(), OTHER)
    assert talk.kinds[4:] == ["granted", "mode", "taken", "denied"]


def test_nobody_of_a_team_goes_in_and_no_more_than_were_granted() -> None:
    talk = Talk(ASKING)
    talk.show(granted(3))
    talk.tell(chosen(1, 0, done=True))
    assert (talk.kinds, talk.effects) == (["granted", "not_taken"], [Show(Sign.READY)])
    talk.show(granted(3))
    talk.tell(chosen(3, 9, done=True))
    assert talk.rows[-1].persons == 3


def test_a_choice_for_another_grant_or_too_late_changes_nothing() -> None:
    talk = Talk(ASKING)
    talk.tell(chosen(1, 1, done=True))
    talk.show(granted(3))
    talk.tell(chosen(7, 1, done=True))
    assert talk.kinds == ["granted"]
    talk.show(granted(), OTHER)
    talk.tell(chosen(1, 1, done=True))
    assert talk.kinds == ["granted", "taken", "granted", "taken"]


def test_one_person_and_an_override_are_not_asked_about() -> None:
    talk = Talk(ASKING)
    talk.show(granted())
    talk.show(Denied(Reason.USED, TICKET), OTHER)
    talk.tell(allowed(3, persons=2))
    assert talk.kinds == ["granted", "taken", "denied", "granted", "taken"]


def test_an_open_keypad_holds_the_time_for_a_document_up_to_its_bound() -> None:
    talk = Talk(HANDHELD)
    talk.show(HolderNeeded(TICKET))
    for _ in range(10):
        talk.later(14_000 if talk.now_ms < 110_000 else 1000)
        talk.tell(DocumentAwaited(3))
    assert (talk.kinds, talk.state.phase) == ([], Phase.HOLDER_CHECK)
    assert talk.state.deadline_ms == 1000 + HANDHELD.holder_most_ms
    talk.later(15_000)
    assert talk.kinds == ["denied"]
    talk.tell(DocumentAwaited(3))
    assert talk.kinds == ["denied"]
