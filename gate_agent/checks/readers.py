"""Scanners: each is opened, and a person shows it a code."""

import queue
import time
from collections.abc import Iterator

from gate_agent.actor.spellings import TAB_BEHIND, spellings
from gate_agent.checks.row import CheckPart, CheckRow, CheckVisit, both, lane_part, row_from_daemon
from gate_agent.config.settings import CHANGE_ME, ScannerSettings
from gate_agent.drivers.scanners.build import scanner_of
from gate_agent.events import Event, Faulted, Scanned
from gate_agent.ports import Scanner
from gate_agent.signs import Words
from gate_agent.validator.tickets.ticket import PREFIX

OPEN_S = 8.0
"""A module in need of another speed takes four seconds."""

SHOW_S = 20.0


def check_scanners(visit: CheckVisit) -> Iterator[CheckRow]:
    """Check every lane's scanner."""
    for lane in visit.settings.lanes:
        if lane.scanner is None:
            continue
        part = lane_part(lane.number, "scanner", Words("扫码器", "scanner"))
        reported = row_from_daemon(part, visit, f"scanner {lane.number}")
        yield reported if reported is not None else _scanner(part, lane.number, lane.scanner, visit)


def _scanner(part: CheckPart, lane: int, settings: ScannerSettings, visit: CheckVisit) -> CheckRow:
    events: queue.Queue[Event] = queue.Queue()
    scanner = scanner_of(lane, settings)
    scanner.start(events.put)
    try:
        fault = _opened(scanner, events)
        if fault:
            return part.bad(both(fault), _hint_for(fault, settings))
        where = f"{settings.kind} {settings.path}"
        if visit.person is None:
            return part.good(Words(f"{where}：可打开", f"{where}: it opens"))
        visit.person.instruct(
            Words(f"请向通道{lane}的扫码器出示二维码", f"show any code to lane {lane}'s scanner")
        )
        code = _shown(events)
    finally:
        scanner.stop()
    if code is None:
        return part.bad(
            Words(f"{SHOW_S:.0f} 秒内没有读到", f"nothing was read within {SHOW_S:.0f} s"),
            Words("灯亮吗？波特率、串口模式、结束符是否正确？",
                  "is its light on? are speed, serial mode and line end right?"),
        )  # fmt: skip
    return _read(part, where, code)


def _read(part: CheckPart, where: str, code: bytes) -> CheckRow:
    """Return what came, without its text: how many bytes, and what the scanner adds to them."""
    *_, (text, additions) = spellings(code)
    read = Words(f"{where}：读到 {len(code)} 字节", f"{where}: a code of {len(code)} bytes")
    if (at := text.upper().find(PREFIX)) > 0:
        return part.bad(
            Words(f"{read.zh}，门票码前多出 {at} 字节",
                  f"{read.en}, with {at} bytes before the ticket's own"),
            Words("按扫码器说明书关掉前缀", "switch the prefix off, by the scanner's manual"),
        )  # fmt: skip
    if additions:
        names = ", ".join(additions)
        return part.note(
            Words(f"{read.zh}，扫码器附加了：{names}（已自动去掉）",
                  f"{read.en}, to which the scanner adds: {names} (accepted)"),
            _TAB if TAB_BEHIND in additions else _ADDED,
        )  # fmt: skip
    return part.good(read)


def _hint_for(fault: str, settings: ScannerSettings) -> Words:
    if "another program" in fault:
        return Words(
            f"结束占用它的程序：sudo fuser -v {settings.path}；别的 gate-agent 在运行吗？",
            f"end the program that has it: sudo fuser -v {settings.path}; does another gate-agent "
            "run?",
        )
    if CHANGE_ME in settings.path:
        return Words(
            f"gate.toml 里的 {CHANGE_ME} 还没有改成本机扫码器的路径",
            f"{CHANGE_ME} in gate.toml stands for the path of this gate's scanner: put that there",
        )
    return _HINTS.get(settings.kind, _PLUGGED)


_ADDED = Words("最好按扫码器说明书关掉", "better switch it off, by the scanner's manual")
_TAB = Words(
    "按扫码器说明书把结束符改成回车（CR）：用 Tab 结束时，每个码要多等四分之一秒才读到",
    "let it end a code with CR (Enter), by the scanner's manual: with Tab each code is read a "
    "quarter of a second later",
)
_PLUGGED = Words(
    "插好了吗？ls -l /dev/serial/by-id；用户在 dialout 组吗？",
    "is it plugged in? ls -l /dev/serial/by-id; is this user in the group dialout?",
)
_HINTS = {
    "keys": Words(
        "插好了吗？ls -l /dev/input/by-id；用户在 input 组吗？",
        "is it plugged in? ls -l /dev/input/by-id; is this user in the group input?",
    )
}


def _opened(scanner: Scanner, events: "queue.Queue[Event]") -> str:
    """Return the fault; empty once the scanner reads."""
    end_s = time.monotonic() + OPEN_S
    while time.monotonic() < end_s:
        try:
            event = events.get(timeout=0.05)
        except queue.Empty:
            if scanner.ready:
                return ""
            continue
        if isinstance(event, Faulted):
            return event.text
    return "it does not become ready"


def _shown(events: "queue.Queue[Event]") -> bytes | None:
    """Return the code that was shown, None for none. Its text must go nowhere."""
    end_s = time.monotonic() + SHOW_S
    while (left_s := end_s - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left_s)
        except queue.Empty:
            break
        if isinstance(event, Scanned):
            return event.code
    return None
