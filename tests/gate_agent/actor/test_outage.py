"""A journal that cannot write: the lanes close, and no turn is forgotten."""

import pytest

from gate_agent.effects import Sign
from gate_agent.errors import JournalError
from gate_agent.events import DocumentShown, Mode, ModeAsked, ModeSource, Returned, Turned
from gate_agent.lane.movement import TURN_MS
from gate_agent.lane.state import Lane
from gate_agent.uplink.session import STATE_EVERY_MS
from gate_agent.validator.messages.envelopes import GateState
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets.holder import holder_tag
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import PEPPER, code, sealed_list, ticket


def break_card(gate: Gate) -> None:
    """A worn card goes read-only: every write from now on is a real error of SQLite's."""
    gate.journal._db.execute("PRAGMA query_only = 1")


def mend_card(gate: Gate) -> None:
    gate.journal._db.execute("PRAGMA query_only = 0")


def test_a_broken_card_closes_the_lane_and_forgets_no_turn(gate: Gate) -> None:
    gate.link_up()
    gate.scan(code(ticket(7, admits=2)))
    releases = gate.arm.releases
    break_card(gate)
    gate.agent.step(Turned(1))
    assert gate.display.last.sign is Sign.OUT_OF_ORDER
    assert "readonly" in gate.health.faults["journal"]
    gate.scan(code(ticket(8)))
    gate.agent.step(Returned(1))
    gate.agent.tick()
    gate.wait(10_000)
    assert gate.kinds() == ["granted"]
    assert gate.arm.releases == releases
    mend_card(gate)
    gate.wait(1000)
    assert gate.kinds() == ["granted", "taken"]
    assert "journal" not in gate.health.faults
    gate.wait(5000 + TURN_MS)
    assert gate.kinds() == ["granted", "taken", "not_taken"]
    gate.scan(code(ticket(8)))
    assert gate.kinds()[-1] == "granted"


def test_a_grant_that_cannot_be_written_opens_nothing(gate: Gate) -> None:
    break_card(gate)
    gate.scan(code(ticket(7)))
    assert gate.arm.releases == 0
    assert gate.signs[-1] is Sign.OUT_OF_ORDER
    mend_card(gate)
    gate.wait(1000)
    gate.scan(code(ticket(7)))
    assert gate.kinds() == ["granted"]


def test_what_happened_in_an_outage_is_recorded_in_its_order(make_gate: MakeGate) -> None:
    lanes = [Lane(number, Direction.IN, has_arm=True) for number in (1, 2)]
    gate = make_gate(*lanes).start(sealed_list())
    break_card(gate)
    for number in (1, 2, 1):
        gate.agent.step(Turned(number))
        gate.clock.move(100)
    mend_card(gate)
    gate.wait(1000)
    rows = gate.committed()[-3:]
    assert [row.lane for row in rows] == [1, 2, 1]
    assert rows[0].mono_ms < rows[1].mono_ms < rows[2].mono_ms


def test_too_many_late_turns_are_counted(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate_agent.actor.outage.MAX_LATE", 2)
    break_card(gate)
    for _ in range(5):
        gate.agent.step(Turned(1))
    assert gate.health.counters["event dropped"] == 3
    mend_card(gate)
    gate.wait(1000)
    assert gate.kinds() == ["forced", "forced"]


def test_a_card_that_breaks_again_while_catching_up(gate: Gate) -> None:
    break_card(gate)
    for _ in range(3):
        gate.agent.step(Turned(1))
    mend_card(gate)
    gate.display.seen = lambda show: break_card(gate) if show.sign is Sign.ALARM else None
    gate.wait(1000)
    assert gate.kinds() == ["forced"]
    gate.display.seen = lambda _: None
    mend_card(gate)
    gate.wait(1000)
    assert gate.kinds() == ["forced"] * 3


def test_a_history_that_cannot_be_read_refuses_nobody_for_good(gate: Gate) -> None:
    gate.journal._db.execute("ALTER TABLE uses RENAME TO lost")
    gate.scan(code(ticket(7)))
    gate.scan(code(ticket(8)))
    assert gate.signs[-1] is Sign.OUT_OF_ORDER
    gate.journal._db.execute("ALTER TABLE lost RENAME TO uses")
    gate.wait(1000)
    gate.scan(code(ticket(7)))
    assert gate.kinds() == ["granted"]


NUMBER = "110101199003071234"
HOLDER = holder_tag(PEPPER, 7, "id", NUMBER)


def test_a_document_shown_while_the_history_cannot_be_read(gate: Gate) -> None:
    gate.scan(code(ticket(7, holder_tag=HOLDER)))
    gate.journal._db.execute("ALTER TABLE uses RENAME TO lost")
    gate.agent.step(DocumentShown(1, "id", NUMBER))
    assert gate.signs[-1] is Sign.OUT_OF_ORDER
    assert gate.kinds() == []


def test_an_acknowledgement_that_cannot_be_written(gate: Gate) -> None:
    gate.link_up()
    gate.scan(b"alien")
    gate.said()
    break_card(gate)
    gate.ack(2)
    assert "journal" not in gate.health.faults, "it waits for the next record"
    gate.wait(STATE_EVERY_MS)
    assert "journal" in gate.health.faults
    mend_card(gate)
    gate.wait(1000)
    assert "journal" not in gate.health.faults


def test_the_centre_hears_of_a_card_that_cannot_take_a_mark(gate: Gate) -> None:
    gate.link_up()
    gate.scan(b"alien")
    gate.ack(2)
    break_card(gate)
    gate.wait(STATE_EVERY_MS)
    gate.said()
    gate.wait(STATE_EVERY_MS)
    states = [message for message in gate.said() if isinstance(message, GateState)]
    assert any("journal" in fault for fault in states[-1].faults)


def test_a_start_that_cannot_be_recorded_is_no_start(make_gate: MakeGate) -> None:
    gate = make_gate()
    break_card(gate)
    with pytest.raises(JournalError, match="cannot write the journal"):
        gate.start()
    assert gate.signs == []


def test_turns_that_are_not_written_are_known_and_the_log_hears_once(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    break_card(gate)
    for _ in range(3):
        gate.agent.step(Turned(1))
        gate.agent.step(Returned(1))
    gate.wait(3000)
    assert gate.agent.outage.turns_waiting == {1: 3}
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    mend_card(gate)
    gate.wait(1000)
    assert gate.agent.outage.turns_waiting == {}


def test_a_late_turn_lets_the_rest_of_a_team_through(gate: Gate) -> None:
    gate.scan(code(ticket(7, admits=2)))
    break_card(gate)
    gate.agent.step(Turned(1))
    gate.wait(20_000)
    assert gate.arm.releases == 1
    mend_card(gate)
    gate.wait(1000)
    assert gate.arm.releases == 2
    gate.agent.step(Turned(1))
    assert gate.kinds() == ["granted", "taken", "taken"]


def test_a_mode_asked_meanwhile_is_taken_afterwards(gate: Gate) -> None:
    break_card(gate)
    gate.agent.step(ModeAsked(ModeSource.FIRE, Mode.EMERGENCY))
    assert gate.agent.lanes() == ((1, "controlled", "idle"),)
    mend_card(gate)
    gate.wait(1000)
    assert gate.agent.lanes() == ((1, "emergency", "idle"),)
    assert gate.kinds() == ["mode"]


def test_nothing_overtakes_what_is_waiting(gate: Gate) -> None:
    break_card(gate)
    gate.agent.step(Turned(1))
    mend_card(gate)
    gate.agent.step(ModeAsked(ModeSource.KEY_SWITCH, Mode.FREE))
    gate.agent.step(Turned(1))
    assert gate.kinds() == []
    gate.wait(1000)
    assert gate.kinds() == ["forced", "mode", "free"]


def test_a_late_record_tells_when_it_happened(gate: Gate) -> None:
    gate.scan(code(ticket(7)))
    break_card(gate)
    turned_ms = gate.clock.now().mono_ms
    gate.agent.step(Turned(1))
    gate.wait(10_000)
    mend_card(gate)
    gate.wait(1000)
    assert gate.kinds() == ["granted", "taken"]
    assert gate.committed()[-1].mono_ms == turned_ms


def test_a_full_disk_is_one_outage_whatever_small_write_passes(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    pages = gate.journal._db.execute("PRAGMA page_count").fetchone()[0]
    gate.journal._db.execute(f"PRAGMA max_page_count = {pages}")
    gate.journal._db.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON passages "
        "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
    )
    for number in range(4):
        gate.scan(code(ticket(number + 1)))
        gate.wait(3000)
        assert "journal" in gate.health.faults
    assert len(caplog.records) == 1
    assert gate.health.counters["outage"] == 1
    gate.journal._db.execute("DROP TRIGGER full")
    gate.journal._db.execute("PRAGMA max_page_count = 1000000")
    gate.wait(1000)
    assert "journal" not in gate.health.faults
    assert "journal works again" in caplog.text


def test_another_reason_within_an_outage_is_another_line_of_the_log(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    for text in ("cannot write: full", "cannot write: full", "cannot write: worn"):
        gate.agent.outage.begin(JournalError(text), gate.clock.mono_ms)
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "worn" in caplog.messages[-1]
    assert gate.health.faults["journal"] == "cannot write: worn"
    assert gate.health.counters["outage"] == 1


def test_a_journal_removed_below_the_daemon_closes_the_lane(gate: Gate) -> None:
    gate.path.unlink()
    gate.agent.check_journal()
    assert "was removed" in gate.health.faults["journal"]
    assert gate.display.last.sign is Sign.OUT_OF_ORDER
    gate.wait(5000)
    assert "was removed" in gate.health.faults["journal"]


def test_a_journal_that_comes_back_to_its_place_opens_the_lane_again(gate: Gate) -> None:
    away = gate.path.with_name("away.db")
    gate.path.rename(away)
    gate.agent.check_journal()
    gate.scan(code(ticket(7)))
    assert gate.arm.releases == 0
    away.rename(gate.path)
    gate.wait(1000)
    assert "journal" not in gate.health.faults
    gate.scan(code(ticket(7)))
    assert gate.kinds() == ["granted"]


def test_another_journal_in_its_place_opens_no_lane(gate: Gate) -> None:
    away = gate.path.with_name("away.db")
    gate.path.rename(away)
    gate.path.write_bytes(away.read_bytes())
    gate.agent.check_journal()
    gate.wait(5000)
    gate.scan(code(ticket(7)))
    assert gate.arm.releases == 0
    assert "was removed or replaced" in gate.health.faults["journal"]
