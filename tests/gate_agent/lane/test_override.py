"""The lane's table, as dialogues: staff against a refusal."""

import pytest

from gate_agent.effects import Release, Show, Sign
from gate_agent.events import (
    Mode,
    ModeSet,
    Overridden,
)
from gate_agent.lane.override import MOST_WITHOUT_TICKET, STEWARD_MAY
from gate_agent.lane.state import Phase
from gate_agent.validator.decide import Denied
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.manual_code import unseen
from tests.gate_agent.lane.talk import CODE, HANDHELD, OTHER, TICKET, Talk, granted


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


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.TYPED])
def test_a_steward_lets_in_a_typed_number_that_is_good_and_nobody_else(reason: Reason) -> None:
    talk = Talk(HANDHELD)
    talk.show(Denied(reason, TICKET))
    talk.tell(allowed(1, supervisor=False))
    assert talk.kinds == ["denied"]


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
