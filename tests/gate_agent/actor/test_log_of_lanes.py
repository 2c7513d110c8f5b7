"""The gate's log: whatever closes or opens a lane leaves one line that says why."""

import pytest

from gate_agent.actor.inbox import MOST_SHOWN, STALE_MS, Inbox
from gate_agent.events import Faulted, Mode, ModeAsked, ModeSource, Recovered, Scanned, Turned
from gate_agent.health import Health
from tests.gate_agent.actor.test_outage import break_card, mend_card
from tests.gate_agent.conftest import Gate


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    said = [f"{record.levelname} {record.getMessage()}" for record in caplog.records]
    caplog.clear()
    return said


def test_an_arm_that_breaks_closes_its_lane_and_the_log_says_why(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    gate.agent.step(Faulted("arm 1", "the relay guard does not answer"))
    gate.agent.step(Faulted("arm 1", "the relay guard does not answer"))
    assert lines(caplog) == [
        "WARNING arm 1 does not work: the relay guard does not answer",
        "WARNING lane 1 is closed: arm 1: the relay guard does not answer",
    ]
    gate.agent.step(Recovered("arm 1"))
    gate.agent.step(Recovered("arm 1"))
    assert lines(caplog) == [
        "WARNING arm 1 works again",
        "WARNING lane 1 is controlled: nothing asks for another mode, and its arm works",
    ]


@pytest.mark.parametrize(
    ("source", "mode", "who"),
    [
        (ModeSource.FIRE, Mode.EMERGENCY, "the fire input asks for it"),
        (ModeSource.KEY_SWITCH, Mode.FREE, "the key switch asks for it"),
        (ModeSource.STAFF, Mode.CLOSED, "staff ask for it"),
    ],
)
def test_a_mode_that_somebody_asks_for_is_told_with_who_asks(
    gate: Gate, caplog: pytest.LogCaptureFixture, source: ModeSource, mode: Mode, who: str
) -> None:
    gate.agent.step(ModeAsked(source, mode))
    gate.agent.step(ModeAsked(source, mode))
    assert lines(caplog) == [f"WARNING lane 1 is {mode.value}: {who}"]


def test_a_reader_that_is_unplugged_is_told_and_so_is_its_return(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    gate.units[0].readers = frozenset({"scanner 1"})
    gate.agent.step(Faulted("scanner 1", "cannot read /dev/x: is it plugged in?"))
    gate.agent.step(Recovered("scanner 1"))
    assert lines(caplog) == [
        "WARNING scanner 1 does not work: cannot read /dev/x: is it plugged in?",
        "WARNING lane 1 is out of order: no reader works",
        "WARNING scanner 1 works again",
        "WARNING lane 1 reads tickets again",
    ]


def test_an_outage_is_told_once_and_so_is_its_end(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    break_card(gate)
    gate.agent.step(Turned(1))
    gate.agent.tick()
    gate.wait(3000)
    (begun,) = lines(caplog)
    assert begun.startswith("ERROR journal does not work: cannot write")
    assert begun.endswith("the lane opens again when it can write")
    mend_card(gate)
    gate.wait(1000)
    assert lines(caplog) == ["WARNING journal works again"]


def test_a_ticket_that_waited_too_long_is_told(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    gate.agent.step(Scanned(1, b"secret"), STALE_MS + 1)
    assert lines(caplog) == ["WARNING shown too long ago: it waited 2001 ms and is not judged"]


def test_codes_without_end_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    health = Health()
    inbox = Inbox(health)
    for _ in range(MOST_SHOWN + 5):
        inbox.put(Scanned(1, b"a"))
    assert lines(caplog) == ["WARNING event dropped: 64 codes wait for the gate"]
    assert health.counters["event dropped"] == 5
