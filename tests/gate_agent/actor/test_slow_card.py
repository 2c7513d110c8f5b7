"""A card that takes seconds over a write: what waits behind it happened when it happened, and it
costs nobody time."""

from collections.abc import Sequence

import pytest

from gate_agent.actor.agent import MOST_EVENTS_BEFORE_TICK
from gate_agent.events import LinkUp, Mode, ModeAsked, ModeSource, Moved, Scanned, Turned
from gate_agent.lane.movement import TURN_MS
from gate_agent.lane.state import Lane
from gate_agent.validator.passage import Direction, Passage
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from tests.gate_agent.actor.test_judged_again import SECRET, answer, claim_of
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import code, sealed_list, ticket

SLOW_MS = 2500
RELEASE_MS = 5000
TWICE = code(ticket(7, entry_policy=EntryPolicy(EntryRule.COUNTED, 2)))


def handheld(make_gate: MakeGate) -> Gate:
    lane = Lane(1, Direction.IN, has_arm=False)
    return make_gate(lane, secret=SECRET).start(sealed_list())


def slowly(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a write takes its time."""
    commit = gate.journal.commit

    def commit_slowly(rows: Sequence[Passage]) -> None:
        commit(rows)
        gate.clock.move(SLOW_MS)

    monkeypatch.setattr(gate.journal, "commit", commit_slowly)


@pytest.fixture
def slow(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Gate:
    slowly(gate, monkeypatch)
    return gate


def test_a_turn_that_waited_is_recorded_when_it_happened(gate: Gate) -> None:
    gate.scan(code(ticket(7)))
    gate.wait(4000)
    before = gate.clock.now()
    gate.clock.move(SLOW_MS)
    gate.agent.step(Turned(1), SLOW_MS)
    taken = gate.committed()[-1]
    assert gate.kinds()[-1] == "taken"
    assert (taken.mono_ms, taken.wall_ms) == (before.mono_ms, before.wall_ms)


def test_a_turn_at_the_end_of_free_mode_is_free_however_long_it_waited(gate: Gate) -> None:
    gate.agent.step(ModeAsked(ModeSource.KEY_SWITCH, Mode.FREE))
    gate.agent.step(ModeAsked(ModeSource.KEY_SWITCH, Mode.CONTROLLED))
    gate.clock.move(RELEASE_MS + TURN_MS - 1 + SLOW_MS)
    gate.agent.step(Turned(1), SLOW_MS)
    assert gate.kinds()[-1] == "free"


def test_a_turn_after_the_end_of_free_mode_is_forced(gate: Gate) -> None:
    gate.agent.step(ModeAsked(ModeSource.KEY_SWITCH, Mode.FREE))
    gate.agent.step(ModeAsked(ModeSource.KEY_SWITCH, Mode.CONTROLLED))
    gate.clock.move(RELEASE_MS + TURN_MS + SLOW_MS)
    gate.agent.step(Turned(1), SLOW_MS)
    assert gate.kinds()[-1] == "forced"


def test_who_is_let_in_has_the_whole_time_after_the_write(slow: Gate) -> None:
    slow.scan(code(ticket(7)))
    slow.wait(RELEASE_MS - 1)
    assert slow.kinds() == ["granted"]
    slow.wait(1)
    assert slow.kinds() == ["granted", "not_taken"]


def test_the_next_of_a_team_has_the_whole_time_after_the_write(slow: Gate) -> None:
    slow.scan(code(ticket(7, admits=2)))
    slow.clock.move(1000)
    slow.agent.step(Turned(1), 1000)
    slow.wait(TURN_MS + RELEASE_MS - 1)
    assert slow.kinds() == ["granted", "taken"]
    slow.wait(1)
    assert slow.kinds() == ["granted", "taken", "not_taken"]


def test_an_arm_in_mid_turn_is_waited_for_as_long_as_without_the_wait(gate: Gate) -> None:
    gate.scan(code(ticket(7)))
    gate.clock.move(1000)
    gate.agent.step(Moved(1), 1000)
    gate.wait(RELEASE_MS - 1000)
    assert gate.kinds() == ["granted"]
    assert gate.units[0].state.moving


def test_a_code_shown_again_before_its_answer_is_there_is_no_second_visit(
    make_gate: MakeGate,
) -> None:
    gate = handheld(make_gate)
    gate.agent.step(LinkUp())
    gate.link.sent.clear()
    gate.scan(TWICE)
    claim = claim_of(gate)
    gate.clock.move(SLOW_MS)  # the centre's word waits behind other messages
    answer(gate, claim, 1)
    assert gate.kinds() == ["granted", "taken"]
    gate.clock.move(1000)
    gate.agent.step(Scanned(1, TWICE), 1100)
    assert gate.health.counters["repeat ignored"] == 1
    assert gate.kinds() == ["granted", "taken"]


def test_a_code_shown_again_during_the_write_is_no_second_visit(
    make_gate: MakeGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = handheld(make_gate)
    slowly(gate, monkeypatch)
    gate.scan(TWICE)
    gate.agent.step(Scanned(1, TWICE), 400)  # put 2.1 s after the first
    assert gate.health.counters["repeat ignored"] == 1
    gate.clock.move(2000)
    gate.scan(TWICE)
    assert gate.denied() == ["passback"]  # judged anew


def test_a_turn_that_waits_comes_before_the_deadline_that_passed_meanwhile(gate: Gate) -> None:
    gate.scan(code(ticket(7)))
    gate.clock.move(RELEASE_MS + 1)
    gate.agent.step(ModeAsked(ModeSource.STAFF, None))
    gate.agent.catch_up(more_waiting=True)
    gate.agent.step(Turned(1), 1)
    gate.agent.catch_up(more_waiting=False)
    assert gate.kinds() == ["granted", "taken"]


def test_while_events_wait_without_end_deadlines_are_still_checked(gate: Gate) -> None:
    gate.scan(code(ticket(7)))
    gate.clock.move(RELEASE_MS + 1)
    kinds = []
    for _ in range(MOST_EVENTS_BEFORE_TICK):
        gate.agent.step(ModeAsked(ModeSource.STAFF, None))
        gate.agent.catch_up(more_waiting=True)
        kinds.append(gate.kinds()[-1])
    assert kinds == ["granted"] * (MOST_EVENTS_BEFORE_TICK - 1) + ["not_taken"]
