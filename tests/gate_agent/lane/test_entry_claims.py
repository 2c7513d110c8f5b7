"""A lane and the centre's word, as dialogues."""

import pytest

from gate_agent.effects import AskCentre, Release, Show, Sign
from gate_agent.events import Answered, Expired, Mode, ModeSet, Presented, Turned
from gate_agent.lane.state import ClaimPolicy, Lane, LaneState, Phase
from gate_agent.validator.decide import Denied, Granted, HolderNeeded
from gate_agent.validator.messages.claim_number import claim_number
from gate_agent.validator.passage import PassageKind, Unconfirmed
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import ONCE
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.uses import Entitlement
from tests.gate_agent.lane.talk import CODE, HANDHELD, OTHER, TRIPOD, Talk

TICKET = Ticket(
    key_id=b"\1\2\3\4",
    serial=7,
    issued_at=1000,
    not_before=960,
    expires_at=4560,
    product=5,
    admits=9,
)
FIRST = claim_number(1, 2)


class Asking(Talk):
    """A lane of a gate that may ask."""

    def __init__(self, lane: Lane = TRIPOD, claim_policy: ClaimPolicy = ClaimPolicy.WAIT) -> None:
        super().__init__(lane, claim_policy)

    def offer(self, persons: int = 1, share: int = 0, left: int = 0, code: bytes = CODE) -> None:
        right = Entitlement(policy=ONCE, admits=9, share=share)
        self.tell(Presented(Granted(ticket=TICKET, persons=persons, right=right, share=left), code))

    def answer(self, persons: int, reason: Reason | None = None, number: int = FIRST) -> None:
        self.tell(Answered(number, persons, reason, False))


def test_the_arm_waits_for_the_word() -> None:
    talk = Asking()
    talk.offer(persons=3)
    assert talk.state.phase is Phase.CLAIMING
    assert talk.state.deadline_ms == 1060
    assert talk.effects == [AskCentre(FIRST, TICKET.id, 3, Entitlement(policy=ONCE, admits=9))]
    assert talk.rows == []
    talk.answer(2)
    assert talk.effects == [Release(), Show(Sign.GO, 2, ticket=TICKET)]
    (grant,) = talk.rows
    assert (grant.persons, grant.claim, grant.alone) == (2, FIRST, Unconfirmed.NO)
    talk.tell(Turned(2))
    assert (talk.rows[1].kind, talk.rows[1].claim) == (PassageKind.TAKEN, FIRST)


def test_the_word_is_no() -> None:
    talk = Asking()
    talk.offer()
    talk.answer(0, Reason.USED)
    assert talk.effects == [Show(Sign.REFUSED, reason=Reason.USED, ticket=TICKET)]
    assert talk.kinds == ["denied"]
    assert talk.state.phase is Phase.IDLE
    talk.answer(1)
    assert talk.effects == []


def test_no_reason_is_no_all_the_same() -> None:
    talk = Asking()
    talk.offer()
    talk.answer(0)
    assert talk.rows[0].reason == Reason.USED


def test_no_answer_costs_the_time_and_is_in_the_record() -> None:
    talk = Asking()
    talk.offer()
    talk.now_ms = 1060
    talk.tell(Expired())
    assert Release() in talk.effects
    assert (talk.rows[0].alone, talk.rows[0].claim) == (Unconfirmed.TIMED_OUT, FIRST)
    talk.answer(0, Reason.USED)
    assert talk.state.phase is Phase.RELEASED


def test_nobody_waits_while_answers_are_slow_and_the_centre_hears_of_it() -> None:
    talk = Asking(claim_policy=ClaimPolicy.NOTIFY)
    talk.offer()
    assert talk.effects[0] == Release()
    assert talk.effects[-1] == AskCentre(FIRST, TICKET.id, 1, Entitlement(policy=ONCE, admits=9))
    assert (talk.rows[0].alone, talk.rows[0].claim) == (Unconfirmed.CUT_OFF, FIRST)


def test_apart() -> None:
    talk = Asking(claim_policy=ClaimPolicy.OFFLINE)
    talk.offer()
    assert talk.effects == [Release(), Show(Sign.GO, 1, ticket=TICKET)]
    assert (talk.rows[0].alone, talk.rows[0].claim) == (Unconfirmed.APART, 0)


def test_what_needs_no_word_asks_nobody() -> None:
    talk = Asking()
    talk.tell(Presented(Granted(ticket=TICKET, persons=1), CODE))
    assert talk.effects == [Release(), Show(Sign.GO, 1, ticket=TICKET)]
    assert (talk.rows[0].alone, talk.rows[0].claim) == (Unconfirmed.NO, 0)


def test_what_was_overlooked_is_in_the_record() -> None:
    talk = Asking()
    talk.offer()
    talk.answer(1, Reason.PASSBACK)
    assert talk.rows[0].reason == Reason.PASSBACK


def test_another_claims_answer_changes_nothing() -> None:
    talk = Asking()
    talk.offer()
    talk.answer(1, number=FIRST + 256)
    assert talk.state.phase is Phase.CLAIMING


def test_somebody_else_shows_a_code_meanwhile() -> None:
    talk = Asking()
    talk.offer()
    talk.offer(code=CODE)
    assert (talk.rows, talk.effects) == ([], [])
    talk.offer(code=OTHER)
    assert talk.rows[0].reason == Reason.BUSY
    assert talk.state.phase is Phase.CLAIMING


def test_a_turn_meanwhile_is_forced() -> None:
    talk = Asking()
    talk.offer()
    talk.tell(Turned(2))
    assert talk.kinds == ["forced"]
    talk.answer(1)
    assert talk.kinds == ["forced", "granted"]


@pytest.mark.parametrize("mode", [Mode.CLOSED, Mode.FREE, Mode.EMERGENCY])
def test_a_mode_ends_the_claim(mode: Mode) -> None:
    talk = Asking()
    talk.offer()
    talk.tell(ModeSet(mode))
    assert talk.state.phase is Phase.IDLE
    talk.answer(1)
    assert talk.kinds == ["mode"]


def test_a_handheld_waits_too() -> None:
    talk = Asking(HANDHELD)
    talk.offer(persons=4)
    talk.answer(4, number=claim_number(1, 3))
    assert talk.kinds == ["granted", "taken"]
    assert {row.claim for row in talk.rows} == {claim_number(1, 3)}
    assert talk.state.phase is Phase.IDLE


def test_after_the_document_comes_the_word() -> None:
    talk = Asking()
    talk.tell(Presented(HolderNeeded(TICKET), CODE))
    talk.offer()
    assert talk.state.phase is Phase.CLAIMING
    assert talk.state.holder is None


@pytest.mark.parametrize(("left", "persons"), [(5, 5), (2, 2), (0, 0)])
def test_alone_a_gate_gives_away_its_share(left: int, persons: int) -> None:
    talk = Asking(claim_policy=ClaimPolicy.OFFLINE)
    talk.offer(persons=7, share=5, left=left)
    assert talk.rows[0].persons == (persons or 7)
    assert talk.kinds == ["granted" if persons else "denied"]
    assert talk.rows[0].reason == (0 if persons else Reason.SHARES)


def test_what_is_kept_for_all_gates_is_this_ones_too() -> None:
    talk = Asking()
    talk.offer(persons=7, share=3, left=3)
    talk.answer(0, Reason.SHARES)
    assert (talk.rows[0].persons, talk.rows[0].alone) == (3, Unconfirmed.SHARE)
    other = Asking()
    other.offer(persons=7, share=3, left=3)
    other.answer(0, Reason.USED)
    assert other.kinds == ["denied"]


def test_claiming_is_for_somebody() -> None:
    for pending in (None, Presented(Denied(Reason.ALIEN), CODE)):
        talk = Asking()
        talk.state = LaneState(phase=Phase.CLAIMING, pending=pending)
        with pytest.raises(AssertionError):
            talk.tell(Expired())
