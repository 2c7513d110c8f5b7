"""The power goes and comes back."""

from gate_agent.events import (
    Turned,
)
from gate_agent.validator.passage import PassageKind
from tests.gate_agent.conftest import HandClock, MakeGate
from tests.gate_agent.samples import code, sealed_list, ticket


def test_a_restart_with_an_open_grant_is_unresolved(make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list())
    gate.scan(code(ticket(7, admits=3, group=9)))
    gate.agent.step(Turned(1))
    again = make_gate(clock=HandClock(boot=78, mono_ms=9)).start()
    boot, unresolved = again.committed()[-2:]
    assert (boot.kind, boot.boot, boot.mono_ms) == (PassageKind.BOOT, 78, 9)
    granted = again.committed()[1]
    assert unresolved == granted._replace(
        seq=5, kind=PassageKind.UNRESOLVED, persons=2, grant=2, boot=78, mono_ms=9
    )
    again.scan(code(ticket(7, admits=3, group=9)))
    assert again.denied() == ["used"]
    third = make_gate().start()
    assert third.kinds() == [*again.kinds()]


def test_the_list_is_believed_after_a_restart(make_gate: MakeGate) -> None:
    make_gate().start(sealed_list(version=4))
    again = make_gate().start()
    assert again.lists.version() == 4
    again.scan(code(ticket(7)))
    assert again.kinds() == ["granted"]


def test_a_torn_list_is_a_fault_not_a_stop(make_gate: MakeGate) -> None:
    gate = make_gate()
    (gate.folder / "lists").mkdir()
    (gate.folder / "lists" / "main.list").write_bytes(b"SGL2\0")
    gate.start()
    assert "ticket list" in gate.health.faults
    gate.scan(code(ticket(7)))
    assert gate.denied() == ["no_list"]
