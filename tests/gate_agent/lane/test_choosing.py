"""A team at a handheld, of whom staff let a part in; a document that is being typed."""

from dataclasses import replace

from gate_agent.effects import Show, Sign
from gate_agent.events import DocumentAwaited, Mode, PersonsChosen
from gate_agent.lane.state import Phase
from gate_agent.validator.decide import Denied, HolderNeeded
from gate_agent.validator.reasons import Reason
from tests.gate_agent.lane.talk import HANDHELD, OTHER, TICKET, Talk, granted
from tests.gate_agent.lane.test_override import allowed

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
