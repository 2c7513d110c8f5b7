"""A gate that starts: what it finds on its card, and what it says of what it misses."""

import pytest

from tests.gate_agent.conftest import MakeGate
from tests.gate_agent.samples import sealed_list


@pytest.mark.parametrize("left", [b"", None])
def test_a_journal_that_begins_anew_beside_a_list_is_said(
    make_gate: MakeGate, caplog: pytest.LogCaptureFixture, left: bytes | None
) -> None:
    """Its -wal was lost, or its file emptied: SQLite takes the rest for a new database."""
    gate = make_gate().start(sealed_list())
    gate.close()
    assert gate.health.faults == {}
    for name in ("journal.db-wal", "journal.db-shm", "journal.db"):
        (gate.folder / name).unlink(missing_ok=True)
    if left is not None:
        gate.path.write_bytes(left)
    caplog.clear()
    again = make_gate().start()
    assert "begun anew" in again.health.faults["new journal"]
    assert caplog.text.count("begun anew") == 1
    again.close()
    third = make_gate().start()
    assert "new journal" not in third.health.faults


def test_a_new_card_is_no_fault(make_gate: MakeGate) -> None:
    assert make_gate().start().health.faults == {}


def test_a_journal_that_begins_anew_beside_stored_times_is_said(make_gate: MakeGate) -> None:
    gate = make_gate()
    (gate.folder / "time.a").write_bytes(b"whatever stands there")
    assert "new journal" in gate.start().health.faults
