"""The contracts on real hardware: `pytest --board /etc/scenic-gate/gate.toml -s tests/contract`.

A person stands at the gate: codes are drawn in the terminal for the scanner to read, cables are
pulled and arms turned by hand. Times are the contract's own: noticed in 2 s, back in 3 s.
"""

import io
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import segno

from gate_agent.checks.arm import AFTER_S, try_arm
from gate_agent.checks.lights import check_feedback
from gate_agent.checks.row import CheckRow, CheckState, CheckVisit, lane_part
from gate_agent.config.settings import GateSettings, LaneSettings
from gate_agent.drivers.arms.build import Arms
from gate_agent.drivers.pins.factory import open_factory
from gate_agent.drivers.scanners.build import scanner_of
from gate_agent.events import Event, Faulted, Recovered, Scanned
from gate_agent.ports import Scanner
from gate_agent.signs import Words

PERSON_S = 60.0
NOTICED_S, BACK_S = 2.0, 3.0
CODE = "SG1:BOARD TEST $%*+-./:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Person:
    """Whoever ran pytest with -s."""

    def confirm(self, question: Words) -> bool:
        return input(f"\n{question.zh} · {question.en} [y/N] ").strip().lower() == "y"

    def instruct(self, what: Words) -> None:
        print(f"\n>>> {what.zh} · {what.en}", flush=True)


def test_the_code_that_is_drawn_can_be_read() -> None:
    """Without hardware: what `drawn` prints is a QR code of version 4 or less."""
    assert segno.make(CODE, error="m").version in range(1, 5)
    assert "█" in drawn(CODE) or "\x1b[" in drawn(CODE)


def drawn(code: str) -> str:
    """The code as a terminal shows it."""
    out = io.StringIO()
    segno.make(code, error="m").terminal(out, border=4)
    return out.getvalue()


@contextmanager
def started(lane: LaneSettings) -> Iterator[tuple[Scanner, "queue.Queue[Event]"]]:
    assert lane.scanner is not None
    events: queue.Queue[Event] = queue.Queue()
    scanner = scanner_of(lane.number, lane.scanner)
    scanner.start(events.put)
    try:
        yield scanner, events
    finally:
        scanner.stop()


def wait(events: "queue.Queue[Event]", wanted: Callable[[Event], bool], longest_s: float) -> None:
    end_s = time.monotonic() + longest_s
    while not wanted(events.get(timeout=max(0.0, end_s - time.monotonic()))):
        pass


def lanes(board: GateSettings, part: str) -> list[LaneSettings]:
    found = [lane for lane in board.lanes if getattr(lane, part) is not None]
    if not found:
        pytest.skip(f"this gate has no {part}")
    return found


def test_scanners_become_ready_without_a_fault(board: GateSettings) -> None:
    for lane in lanes(board, "scanner"):
        with started(lane) as (scanner, events):
            end_s = time.monotonic() + 8.0
            while not scanner.ready and time.monotonic() < end_s:
                time.sleep(0.05)
            assert scanner.ready
            assert events.empty()


def test_scanners_read_what_is_shown_byte_for_byte(board: GateSettings) -> None:
    for lane in lanes(board, "scanner"):
        with started(lane) as (_, events):
            print(f"\nlane {lane.number}\n{drawn(CODE)}", flush=True)
            expected = Scanned(lane.number, CODE.encode())
            wait(events, lambda event: event == expected, PERSON_S)  # noqa: B023


def test_an_unplugged_scanner_is_noticed_and_comes_back(board: GateSettings) -> None:
    """The person's own time is not counted: they press Enter with the cable in their hand."""
    for lane in lanes(board, "scanner"):
        with started(lane) as (_, events):
            input(f"\nlane {lane.number}: press Enter and pull the scanner's cable at once ")
            wait(events, lambda event: isinstance(event, Faulted), NOTICED_S + PERSON_S / 20)
            input("press Enter and plug it in at once ")
            wait(events, lambda event: isinstance(event, Recovered), BACK_S + PERSON_S / 20)


def check(rows: list[CheckRow]) -> None:
    assert [row for row in rows if row.state is CheckState.FAIL] == []


def test_arms_are_released_once_and_count_one_passage(board: GateSettings) -> None:
    arms = Arms(board, lambda: open_factory(board.pins))
    for lane in lanes(board, "arm"):
        assert lane.arm is not None
        arm = arms.make(lane)
        assert arm is not None
        part = lane_part(lane.number, "arm", Words("闸臂", "arm"))
        check([try_arm(part, arm, lane.number, lane.arm.release_ms / 1000 + AFTER_S, Person())])


def test_lamps_and_sounds_say_go_and_no(board: GateSettings) -> None:
    visit = CheckVisit(board, lambda: open_factory(board.pins), Person())
    check(list(check_feedback(visit)))
