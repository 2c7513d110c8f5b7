"""The actor: numbers that staff type, and whom they let in."""

import pytest

from gate_agent.effects import Sign
from gate_agent.errors import JournalError
from gate_agent.events import (
    DirectionAsked,
    Overridden,
    Typed,
)
from gate_agent.lane.state import Lane
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.manual_code import manual_code, read_manual_code
from gate_agent.validator.tickets.ticket import Ticket
from tests.gate_agent.conftest import MakeGate
from tests.gate_agent.samples import PEPPER, code, sealed_list, ticket

HANDHELD = Lane(1, Direction.IN, has_arm=False)


def typed(of: Ticket) -> Typed:
    return Typed(1, *read_manual_code(manual_code(PEPPER, of)))


def test_a_typed_number_lets_nobody_in_but_with_staff(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list())
    gate.agent.step(typed(ticket(7)))
    assert gate.denied() == ["typed"]
    shown = gate.display.last
    assert (shown.sign, shown.reason) == (Sign.REFUSED, Reason.TYPED)
    assert shown.record is not None
    gate.agent.step(Overridden(1, shown.record, 1, "li", "checked", supervisor=False))
    assert gate.kinds() == ["denied", "granted", "taken"]
    gate.agent.step(typed(ticket(7)))
    gate.scan(code(ticket(7)))
    assert gate.denied() == ["typed", "used", "used"]


@pytest.mark.parametrize(
    ("serial", "reason"), [(1, "void"), (2, "suspended"), (3, "unlisted"), (4, "superseded")]
)
def test_the_list_speaks_of_a_typed_number_too(
    make_gate: MakeGate, serial: int, reason: str
) -> None:
    statuses = bytes([1, TicketStatus.VOID, TicketStatus.SUSPENDED, TicketStatus.UNKNOWN, 1])
    gate = make_gate(HANDHELD).start(sealed_list(statuses=statuses, min_issue={4: 1}))
    gate.agent.step(typed(ticket(serial)))
    assert gate.denied() == [reason]


def test_a_print_newer_than_the_list_is_known(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list(min_issue={4: 1}))
    gate.agent.step(typed(ticket(4, issue=3)))
    gate.agent.step(typed(ticket(4, issue=4)))
    assert gate.denied() == ["typed", "mistyped"]


def test_a_number_that_is_wrong_and_a_gate_that_cannot_know(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list())
    gate.agent.step(Typed(1, 7, 0))
    gate.agent.step(Typed(5, 7, 0))
    assert gate.denied() == ["mistyped"]
    gate = make_gate(HANDHELD, pepper=None).start(sealed_list())
    gate.agent.step(typed(ticket(7)))
    assert gate.denied()[-1] == "mistyped"
    assert gate.health.faults["typed code"] == "this gate has no pepper"


def test_no_list_and_a_passage_that_is_open(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start()
    gate.agent.step(typed(ticket(7)))
    assert gate.denied() == ["no_list"]
    gate = make_gate(Lane(1, Direction.IN, has_arm=True), Lane(2, Direction.IN, has_arm=True))
    gate.start(sealed_list())
    gate.scan(code(ticket(7)), 2)
    gate.agent.step(typed(ticket(7)))
    assert gate.denied()[-1] == "passing"


def test_a_handheld_is_turned_round_and_a_turnstile_is_not(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD, Lane(2, Direction.IN, has_arm=True)).start(sealed_list())
    for number in (1, 2, 3):
        gate.agent.step(DirectionAsked(number, Direction.OUT))
    assert [unit.lane.direction for unit in gate.units] == [Direction.OUT, Direction.IN]
    gate.scan(code(ticket(7)))
    gate.agent.step(typed(ticket(8)))
    assert gate.kinds() == ["granted", "taken"] * 2
    assert {row.direction for row in gate.committed()[1:]} == {Direction.OUT}
    gate.agent.step(DirectionAsked(1, Direction.IN))
    gate.scan(code(ticket(9)))
    assert gate.committed()[-1].direction is Direction.IN


def test_a_typed_number_while_nothing_can_be_recorded(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list())
    gate.agent.outage.begin(JournalError("full"), gate.clock.mono_ms)
    gate.agent.step(typed(ticket(7)))
    assert gate.display.last.sign is Sign.OUT_OF_ORDER


def test_an_override_without_a_ticket_at_an_arm_is_resolved_after_a_power_cut(
    make_gate: MakeGate,
) -> None:
    gate = make_gate().start(sealed_list())
    gate.scan(b"https://example.com")
    record = gate.display.last.record
    assert record is not None
    gate.agent.step(Overridden(1, record, 2, "zhang", "help", supervisor=True))
    assert gate.arm.releases == 1
    again = make_gate().start()
    boot, unresolved = again.committed()[-2:]
    assert (boot.kind, unresolved.kind) == (PassageKind.BOOT, PassageKind.UNRESOLVED)
    assert (unresolved.persons, unresolved.reason) == (2, Reason.ALIEN)
