"""A gate whose staff let a part of a team in, or type a document."""

from dataclasses import replace

from gate_agent.events import (
    DocumentAwaited,
    PersonsChosen,
)
from gate_agent.lane.state import Lane
from gate_agent.validator.passage import Direction
from tests.gate_agent.actor.test_typed_numbers import HANDHELD
from tests.gate_agent.conftest import MakeGate
from tests.gate_agent.samples import code, sealed_list, ticket

TWO_LANES = (Lane(1, Direction.IN, has_arm=True), Lane(2, Direction.OUT, has_arm=True))


def test_the_rest_of_a_team_stays_on_its_ticket_at_a_handheld(make_gate: MakeGate) -> None:
    gate = make_gate(replace(HANDHELD, asks_persons=True)).start(sealed_list())
    gate.scan(code(ticket(7, admits=5)))
    record = gate.committed()[-1].seq
    status = {"record": record, "persons": 5, "most": 5}
    assert gate.units[0].status()["asked"] == status
    gate.agent.step(PersonsChosen(1, record, 3, done=True))
    assert [row.persons for row in gate.committed()[1:]] == [5, 3, 2]
    assert "asked" not in gate.units[0].status()
    gate.wait(5000)
    gate.scan(code(ticket(7, admits=5)))
    assert gate.units[0].status()["asked"]["most"] == 2  # type: ignore[index]
    gate.agent.step(PersonsChosen(1, gate.committed()[-1].seq, 2, done=True))
    gate.wait(5000)
    gate.scan(code(ticket(7, admits=5)))
    assert gate.denied() == ["used"]
    entry = gate.core.history.last_entry(ticket(7, admits=5).id)
    assert entry is not None
    assert (entry.here, entry.persons) == (True, 5)


def test_a_document_that_is_being_typed_is_waited_for(make_gate: MakeGate) -> None:
    gate = make_gate(HANDHELD).start(sealed_list())
    gate.scan(code(ticket(7, holder_tag=b"1234")))
    gate.wait(14_000)
    gate.agent.step(DocumentAwaited(1))
    gate.wait(14_000)
    assert gate.denied() == []
    gate.wait(1000)
    assert gate.denied() == ["holder_timeout"]
