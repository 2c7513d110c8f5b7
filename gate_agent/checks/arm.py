"""Arms: the pins open; with a person, one pulse and one passage."""

import queue
import time
from collections.abc import Iterator

from gate_agent.checks.row import (
    CheckPart,
    CheckRow,
    CheckVisit,
    Technician,
    both,
    lane_part,
    row_from_daemon,
)
from gate_agent.drivers.arms.build import Arms
from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted, Recovered, Returned, Turned
from gate_agent.ports import Arm
from gate_agent.signs import Words

SETTLE_S = 0.5
AFTER_S = 10.0
"""How much longer than the turnstile's own wait the passage may take."""


def check_arms(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check every lane's arm."""
    arms = Arms(visit.settings, visit.pins, visit.lines)
    for lane in visit.settings.lanes:
        if lane.arm is None:
            continue
        part = lane_part(lane.number, "arm", Words("闸臂", "arm"))
        reported = row_from_daemon(part, visit, f"arm {lane.number}")
        if reported is not None:
            yield reported
            continue
        try:
            arm = arms.make(lane)
        except DriverFault as fault:
            yield part.bad(both(str(fault)), both(fault.hint) if fault.hint else _PINS)
            continue
        assert arm is not None
        yield try_arm(part, arm, lane.number, lane.arm.release_ms / 1000 + AFTER_S, visit.person)


_PINS = Words(
    "用户在 gpio 组吗？引脚是否被别的程序占用？",
    "is this user in the group gpio? does another program use the line?",
)


_CONTACT = Words(
    "机芯有电吗？触点的线断了，或常开常闭接反了（gate.toml 里的 open）？",
    "has the turnstile power? is a contact's wire broken, or its rest state the other one "
    "(open in gate.toml)?",
)


def _hint_for(fault: str) -> Words:
    """Return what to do about a fault of an arm: its contacts, or the board's pins."""
    contacts = ("stays open", "no power at the turnstile", "not home")
    return _CONTACT if any(words in fault for words in contacts) else _PINS


def try_arm(
    part: CheckPart, arm: Arm, lane: int, longest_s: float, person: Technician | None
) -> CheckRow:
    """Check one arm. With a person, who has `longest_s` to go through, release it once."""
    events: queue.Queue[Event] = queue.Queue()
    arm.start(events.put)
    try:
        fault = _fault(events)
        if fault:
            return part.bad(both(fault), _hint_for(fault))
        if person is None:
            return part.good(
                Words("引脚可用；未动作（需要有人确认）",
                      "its pins open; not moved, which needs a person")
            )  # fmt: skip
        question = Words(
            f"放行通道{lane}一次？确认闸臂处无人",
            f"release lane {lane} once? nobody may stand in the arm",
        )
        if not person.confirm(question):
            return part.skipped(Words("未放行", "not released"))
        try:
            arm.release()
        except DriverFault as error:
            return part.bad(both(str(error)), both(error.hint) if error.hint else _PINS)
        person.instruct(Words(f"现在通过通道{lane}一人", f"now go through lane {lane}, one person"))
        return _passage(part, events, longest_s)
    finally:
        arm.stop()


def _fault(events: "queue.Queue[Event]") -> str:
    """Return the fault that the contacts report at rest; empty for none, or one that is over."""
    fault = ""
    end_s = time.monotonic() + SETTLE_S
    while (left_s := end_s - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left_s)
        except queue.Empty:
            break
        if isinstance(event, Faulted):
            fault = event.text
        elif isinstance(event, Recovered):
            fault = ""
    return fault


def _passage(part: CheckPart, events: "queue.Queue[Event]", longest_s: float) -> CheckRow:
    end_s = time.monotonic() + longest_s
    returned = False
    while (left_s := end_s - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left_s)
        except queue.Empty:
            break
        if isinstance(event, Turned):
            return part.good(Words("放行一次，通过一人", "one pulse, one passage"))
        returned |= isinstance(event, Returned)
        if isinstance(event, Faulted):
            return part.bad(both(event.text), _hint_for(event.text))
    if returned:
        return part.bad(
            Words("闸臂动了又回位，没有通过信号", "the arm moved and came back, without a passage"),
            Words("通过触点接对了吗？再试一次", "is the passage contact wired right? try again"),
        )
    return part.bad(
        Words("没有通过信号", "no passage was seen"),
        Words("闸臂松开了吗？没有：继电器接线、脉冲模式；有：通过触点接线",
              "did the arm unlock? if not: the relay's wires, and pulse mode at the turnstile's "
              "board; if it did: the passage contact's wires"),
    )  # fmt: skip
