"""Tickets that name a holder: the document decides, and leaves no trace."""

from typing import Any

import pytest

from gate_agent.effects import Sign
from gate_agent.events import DocumentShown, Turned
from gate_agent.validator.tickets.holder import holder_tag
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import code, sealed_list, ticket

NUMBER = "110101199003071234"
HOLDER: dict[str, Any] = {"holder_tag": holder_tag(bytes(range(16)), 7, "id", NUMBER)}


def test_the_holder_shows_the_document(gate: Gate) -> None:
    gate.scan(code(ticket(7, **HOLDER)))
    assert (gate.display.last.sign, gate.kinds()) == (Sign.SHOW_ID, [])
    gate.agent.step(DocumentShown(1, "id", NUMBER))
    assert gate.kinds() == ["granted"]
    assert gate.arm.releases == 1


@pytest.mark.parametrize("number", ["110101199003071235", "?", ""])
def test_somebody_elses_document(gate: Gate, number: str) -> None:
    gate.scan(code(ticket(7, **HOLDER)))
    gate.agent.step(DocumentShown(1, "id", number))
    assert gate.denied() == ["holder_mismatch"]
    assert gate.agent.lanes() == ((1, "controlled", "idle"),)


def test_no_document_in_time(gate: Gate) -> None:
    gate.scan(code(ticket(7, **HOLDER)))
    gate.wait(15_000)
    assert gate.denied() == ["holder_timeout"]
    gate.agent.step(DocumentShown(1, "id", NUMBER))
    assert gate.health.counters["document not asked for"] == 1


def test_a_gate_without_the_pepper_says_so(make_gate: MakeGate) -> None:
    gate = make_gate(pepper=None).start(sealed_list())
    gate.scan(code(ticket(7, **HOLDER)))
    gate.agent.step(DocumentShown(1, "id", NUMBER))
    assert gate.denied() == ["holder_mismatch"]
    assert "holder check" in gate.health.faults


def test_the_number_is_not_kept(gate: Gate) -> None:
    gate.scan(code(ticket(7, **HOLDER)))
    gate.agent.step(DocumentShown(1, "id", NUMBER))
    gate.agent.step(Turned(1))
    gate.close()
    written = b"".join(file.read_bytes() for file in gate.folder.rglob("*") if file.is_file())
    assert NUMBER.encode() not in written
    assert NUMBER.encode() not in repr(vars(gate.agent)).encode()
